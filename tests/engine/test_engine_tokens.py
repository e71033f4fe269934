"""Tokens: what is kept of them, who is let in, and when that ends."""

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.engine.access import SECRET_BYTES, Scope, Token, matching, new_secret, secret_hash
from vault_engine.engine.tokens import TokenCheck
from vault_engine.errors import BadInput, ConfigBroken, TokenMissing

WRONG = json.dumps(
    {"v": 1, "tokens": [dict.fromkeys(("id", "name", "prefix", "created", "expires", "sha256")) | {"scope": "read"}]}
)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Noon."""
    return Clock()


@pytest.fixture
def folder(vault):
    """Where the tokens of the vault are kept."""
    return vault / ".memwell" / "local"


@pytest.fixture
def check(folder, clock):
    """What a server asks, begun anew."""
    return lambda: TokenCheck(folder, clock)


class TestWhatIsKept:
    """A hash, for the owner alone."""

    def test_the_secret_is_in_no_file(self, engine, vault):
        """It is in what is answered, once."""
        secret = engine.create_token("laptop").token
        files = [file for file in vault.rglob("*") if file.is_file()]
        assert [] == [file for file in files if secret.encode() in file.read_bytes()]
        assert secret not in repr(engine.list_tokens())

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
    def test_only_its_owner_may_read_the_file(self, engine, folder):
        """Whatever the umask, and after each change."""
        before = os.umask(0)
        try:
            engine.create_token("a")
            engine.create_token("b")
            engine.revoke_token("a")
        finally:
            os.umask(before)
        assert 0o600 == stat.S_IMODE((folder / "tokens.json").stat().st_mode)

    def test_git_and_sync_do_not_carry_it(self, engine, vault):
        """It is in the folder of this machine."""
        engine.create_token("a")
        assert "local/" in (vault / ".memwell" / ".gitignore").read_text().split()

    def test_making_and_revoking_touch_no_note_and_no_journal(self, engine, vault):
        """They are no business of the notes."""
        engine.create_token("a")
        engine.revoke_token("a")
        assert not (vault / ".memwell" / "journal").exists()

    def test_a_token_is_256_random_bits(self, engine):
        """Written so that it can stand in a header, and a scanner for secrets knows it."""
        secrets = {engine.create_token(f"t{n}").token for n in range(5)}
        assert 5 == len(secrets)
        assert {len("memwell_") + 43} == {len(secret) for secret in secrets}


class TestWhoIsLetIn:
    """By the file as it is at that moment."""

    def test_a_token_opens_until_it_is_revoked(self, engine, check):
        """In a server that runs already."""
        engine.create_token("first")
        running = check()
        made = engine.create_token("laptop", scope="write", prefix="work/plans/")
        token = running.who(made.token)
        assert ("laptop", Scope.WRITE, "work/plans") == (token.name, token.scope, token.prefix)
        assert running.is_valid(token)
        engine.revoke_token("laptop")
        assert running.who(made.token) is None
        assert not running.is_valid(token)

    def test_an_expired_token_opens_nothing(self, engine, check, clock):
        """From that moment on, in a server that runs already."""
        made = engine.create_token("short", expires="2h")
        running = check()
        clock.now = datetime.now(UTC)
        token = running.who(made.token)
        clock.now += timedelta(hours=2)
        assert running.who(made.token) is None
        assert not running.is_valid(token)
        assert not running.has_valid()

    def test_without_any_token_nobody_needs_one(self, check):
        """That is for who has just installed it."""
        assert not check().is_closed()

    def test_once_there_was_a_token_one_is_needed(self, engine, check, folder):
        """Revoking the last one, or taking the file away, opens nothing."""
        running = check()
        engine.create_token("a")
        assert running.is_closed()
        engine.revoke_token("a")
        assert running.is_closed()
        assert check().is_closed()
        (folder / "tokens.json").unlink()
        assert running.is_closed()
        assert not running.has_valid()

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "null",
            '{"v": 2, "tokens": []}',
            '{"v": 1}',
            '{"v": 1, "tokens": [{}]}',
            "[" * 100_000,
            "\xff",
            WRONG,
        ],
        ids=lambda text: text[:30],
    )
    def test_a_damaged_file_lets_nobody_in(self, text, engine, check, folder):
        """It is said at the start; a server that runs keeps everybody out."""
        secret = engine.create_token("a").token
        running = check()
        (folder / "tokens.json").write_bytes(text.encode("latin-1"))
        assert running.who(secret) is None
        assert running.is_closed()
        with pytest.raises(ConfigBroken):
            check()
        with pytest.raises(ConfigBroken):
            engine.create_token("b")
        assert text.encode("latin-1") == (folder / "tokens.json").read_bytes()

    @given(st.text(max_size=80))
    def test_nothing_else_opens(self, text):
        """Whatever is sent: only the secret itself is known again."""
        secret = new_secret(bytes(SECRET_BYTES))
        token = Token("1", "t", Scope.READ, None, "", None, secret_hash(secret))
        assert token is matching([token], secret)
        assert (token if text == secret else None) is matching([token], text)
        assert matching([token], secret + text) is (token if not text else None)

    def test_each_scope_allows_what_those_before_it_do(self):
        """To write is to read too."""
        assert [
            [True, False, False],
            [True, True, False],
            [True, True, True],
        ] == [[scope.allows(needed) for needed in Scope] for scope in Scope]


class TestListing:
    """What the owner sees."""

    def test_every_token_is_listed_with_what_it_may(self, engine, check, clock, folder):
        """And when it was used last, to the minute."""
        made = engine.create_token("b", scope="admin")
        engine.create_token("a", prefix="work", expires="2999-01-31")
        running = check()
        running.note_use(running.who(made.token))
        running.save_use(running.take_use())
        first, second = engine.list_tokens().tokens
        assert ("a", "read", "work", None) == (first.name, first.scope, first.prefix, first.last_used)
        assert first.expires > "2999-01-30"
        assert ("b", "admin", None, "2026-11-21T12:00Z") == (second.name, second.scope, second.prefix, second.last_used)
        assert "valid" == first.state
        assert 0o600 == stat.S_IMODE((folder / "tokens-used.json").stat().st_mode) or os.name == "nt"

    def test_a_damaged_record_of_use_does_no_harm(self, engine, folder):
        """It is only for people to read."""
        engine.create_token("a")
        (folder / "tokens-used.json").write_text("[")
        assert engine.list_tokens().tokens[0].last_used is None


class TestRefusals:
    """What can't be made or taken away."""

    @pytest.mark.parametrize("name", ["", " ", " a", "a\n", "a\x00", "a\u202eb", "x" * 61])
    def test_a_name_is_one_line(self, name, engine):
        """The journal has it, and people read that."""
        with pytest.raises(BadInput):
            engine.create_token(name)

    @pytest.mark.parametrize("expires", ["yesterday", "0", "soon", "2020-01-01", "-1d", "99999999d", "1y"])
    def test_an_expiry_is_in_the_future(self, expires, engine):
        """And can be understood."""
        with pytest.raises(BadInput):
            engine.create_token("a", expires=expires)

    @pytest.mark.parametrize("prefix", ["..", "/etc", ".memwell", "a/../b", ""])
    def test_a_prefix_is_a_folder_of_the_vault(self, prefix, engine):
        """Nothing that leads out of it."""
        with pytest.raises(BadInput):
            engine.create_token("a", prefix=prefix)

    def test_a_name_is_given_once(self, engine):
        """Else nobody would know who made a change."""
        engine.create_token("Laptop")
        with pytest.raises(BadInput, match="already"):
            engine.create_token("laptop")

    def test_a_scope_is_known(self, engine):
        """There are three."""
        with pytest.raises(BadInput, match="read, write, admin"):
            engine.create_token("a", scope="all")

    def test_what_is_not_there_can_not_be_revoked(self, engine):
        """That may be a slip of the pen."""
        with pytest.raises(TokenMissing):
            engine.revoke_token("a")


def test_several_processes_make_tokens_at_once(vault, env, engine):
    """None is lost."""
    code = (
        "import sys; from vault_engine import Engine\n"
        "with Engine.open(sys.argv[1]) as engine:\n"
        "    for n in range(4): engine.create_token(f'{sys.argv[2]}-{n}')"
    )
    command = [sys.executable, "-c", code, str(vault)]
    running = [subprocess.Popen([*command, str(n)], env=os.environ | env) for n in range(4)]
    assert [0] * 4 == [process.wait(60) for process in running]
    assert 16 == len(engine.list_tokens().tokens)
    assert 16 == len(json.loads((vault / ".memwell/local/tokens.json").read_text())["tokens"])
