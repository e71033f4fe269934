"""Talking to a bucket: get, put, list and remove, with errors that say what to do.

Keys, region and profile are those that Amazon's own tools use, from the environment or from ``~/.aws``; they are never
written down, nor is a request. What a server sends is read up to a limit, and checked by who asked.
"""

import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

from vault_engine.errors import BucketUnusable
from vault_engine.sync.bucket_format import Address

WORKERS = 8  # transfers at a time
EXTRA = "pip install 'memwell[s3]'"

_CONNECT_S = 10
_READ_S = 60
_ATTEMPTS = 3
_CHUNK_BYTES = 1 << 20
_MISSING = ("404", "NoSuchKey", "NotFound")
_WORDS = {
    "NoSuchBucket": "there is no such bucket",
    "AccessDenied": "the server refuses access: these keys may not do that",
    "403": "the server refuses access: the keys are wrong, or may not do that",
    "InvalidAccessKeyId": "the server does not know this access key",
    "SignatureDoesNotMatch": "the secret key is not the one of this access key",
    "ExpiredToken": "the session token has expired",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
}
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_NO_KEYS = "there are no keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write them to ~/.aws/credentials"

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Bucket:
    """One place in a bucket. Several threads may use it."""

    def __init__(self, address: Address, endpoint_url: str | None = None) -> None:
        """Make ready; keys are looked for when something is asked of the server.

        Args:
            address: the bucket and the prefix.
            endpoint_url: of a server that is not Amazon's; None: what the environment says, else Amazon's.
        """
        self.address, self._endpoint_url = address, endpoint_url

    @cached_property
    def _client(self) -> Any:
        """What talks to the server; made inside `_explained`."""
        import botocore.config
        import botocore.session

        # Servers that are not Amazon's seldom have a host name for each bucket.
        is_other = self._endpoint_url or any(os.environ.get(name) for name in _ENDPOINTS)
        style = "path" if is_other else "auto"
        # Our own hash is checked; sums of other kinds are unknown to some servers.
        settings = botocore.config.Config(
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=WORKERS,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": style, "payload_signing_enabled": True},
        )
        return botocore.session.Session().create_client("s3", endpoint_url=self._endpoint_url, config=settings)

    def get(self, key: str, most: int) -> bytes | None:
        """Give what an object holds, None if it is not there.

        Args:
            key: the object.
            most: bytes; of a larger one, only one byte more than that is given.

        Raises:
            BucketUnusable: it can't be had.
        """
        with self._explained():
            try:
                answer = self._client.get_object(Bucket=self.address.bucket, Key=key)
            except self._client.exceptions.ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise
            with answer["Body"] as body:
                return _read(body, most + 1)

    def size(self, key: str) -> int | None:
        """Give how many bytes an object has, None if it is not there.

        Raises:
            BucketUnusable: that can't be told.
        """
        with self._explained():
            try:
                return int(self._client.head_object(Bucket=self.address.bucket, Key=key)["ContentLength"])
            except self._client.exceptions.ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise

    def put(self, key: str, data: bytes) -> None:
        """Write an object, whole or not at all.

        Raises:
            BucketUnusable: it may not be there.
        """
        with self._explained():
            self._client.put_object(Bucket=self.address.bucket, Key=key, Body=data)

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """List the objects whose keys begin with ``prefix``, and their sizes in bytes.

        Raises:
            BucketUnusable: it can't be listed.
        """
        token: dict[str, str] = {}
        while True:
            with self._explained():
                answer = self._client.list_objects_v2(Bucket=self.address.bucket, Prefix=prefix, **token)
                found = [(str(one["Key"]), int(one["Size"])) for one in answer.get("Contents", ())]
            yield from found
            if not answer.get("IsTruncated") or not answer.get("NextContinuationToken"):
                return
            token = {"ContinuationToken": answer["NextContinuationToken"]}

    def remove(self, key: str) -> None:
        """Remove an object; that it is not there is fine.

        Raises:
            BucketUnusable: it may still be there.
        """
        with self._explained():
            self._client.delete_object(Bucket=self.address.bucket, Key=key)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say in words what went wrong.

        Raises:
            BucketUnusable: something did.
        """
        _check_extra(self.address)
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError

        try:
            yield
        except ClientError as error:
            raise BucketUnusable(str(self.address), _reason(error)) from error
        except NoCredentialsError as error:
            raise BucketUnusable(str(self.address), _NO_KEYS) from error
        except HTTPClientError as error:  # its text may hold the request's headers
            where = _host(getattr(error, "kwargs", {}).get("endpoint_url"))
            kind = " ".join(re.findall("[A-Z][a-z]+", type(error).__name__.removesuffix("Error"))).lower()
            raise BucketUnusable(str(self.address), f"the server{where} can't be reached ({kind or 'http'})") from error
        except (BotoCoreError, OSError, ValueError, KeyError) as error:
            reason = _printable(str(error).partition("\n")[0])[:300]
            raise BucketUnusable(str(self.address), reason) from error


def checked_endpoint(url: str) -> str:
    """Return the address of a server if it is a plain one.

    Raises:
        ValueError: it is none, or holds a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("an endpoint is http://host or https://host, without a password")
    return url


def in_parallel(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """Do some work for each item, a few at a time, and give the results in order.

    No more items are taken than are being worked at. When one fails, no other is begun.
    """
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="memwell-bucket") as pool:
        waiting: deque[Future[_Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= 2 * WORKERS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _check_extra(address: Address) -> None:
    """Check that what talks to servers is installed.

    Raises:
        BucketUnusable: it is not.
    """
    try:
        import botocore.session  # noqa: F401
    except ImportError as error:
        raise BucketUnusable(str(address), f"syncing with a bucket needs an extra: {EXTRA}") from error


def _read(body: Any, most: int) -> bytes:
    chunks: list[bytes] = []
    left = most
    while left > 0 and (chunk := body.read(min(left, _CHUNK_BYTES))):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _reason(error: Any) -> str:
    code = _code(error)
    said = _printable(str(error.response.get("Error", {}).get("Message", "")))[:200]
    return _WORDS.get(code) or f"the server says no: {_printable(code)[:60]} {said}".rstrip()


def _host(url: Any) -> str:
    host = urlsplit(str(url)).hostname if url else None
    return f" at {_printable(host)}" if host else ""


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
