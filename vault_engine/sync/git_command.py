"""One command of the program ``git``, run so that no setting of a repository can run another program."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from vault_engine.errors import GitUnusable

TIMEOUT_S = 30.0  # of one command; then it is killed
TRANSFER_TIMEOUT_S = 600.0  # of one that talks to another machine

# The machine's and the person's own settings are theirs and stay in force; these override them and the repository's.
_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.splitIndex": "false",
    "core.sshCommand": "false",
    "core.gitProxy": "",
    "core.alternateRefsCommand": "false",
    "core.askPass": "",
    "core.pager": "cat",
    "core.editor": "false",
    "core.quotePath": "false",
    "core.fsync": "all",  # a branch that power failed to keep would take the person's commits with it
    "credential.helper": "",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
    "commit.gpgSign": "false",
    "gpg.program": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "i18n.commitEncoding": "UTF-8",
}
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "none",  # else protocol.ext.allow of the repository would count
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_ENVIRONMENT_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES")
# For talking to another machine the person's own settings count; nobody is there to be asked for anything.
_PERSONS = ("core.sshCommand", "core.gitProxy", "credential.helper", "protocol.allow")
_TALKING = {"push.gpgSign": "false", "push.followTags": "false", "push.recurseSubmodules": "no"}
_TALKING_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GCM_INTERACTIVE": "never",
    "SSH_ASKPASS_REQUIRE": "never",
}
_TALKING_KEPT = (
    *("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_PROXY_COMMAND", "GIT_PROXY_SSL_CAINFO"),
    *("GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY", "GIT_SSL_NO_VERIFY"),
)
_OPTIONS = (
    "--no-pager",
    *(word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")),
)


def find_git() -> str:
    """Find the program, but not in the current folder, which may be the vault.

    Raises:
        GitUnusable: it is not installed.
    """
    folders = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(folder).is_absolute()]
    found = shutil.which("git", path=os.pathsep.join(folders))
    if not found or not Path(found).is_absolute():
        raise GitUnusable("it is not installed")
    return found


def run_git(
    program: str,
    folder: Path,
    arguments: Sequence[str],
    *,
    stdin: bytes = b"",
    environment: Mapping[str, str],
    codes: Sequence[int] = (0,),
    talks: bool = False,
) -> "subprocess.CompletedProcess[bytes]":
    """Run one command in ``folder``.

    Args:
        program: git.
        folder: where.
        arguments: the command.
        stdin: what it reads.
        environment: what it finds there besides.
        codes: it may end with.
        talks: let it talk to another machine, by the person's own settings; only for a repository of our own making,
            as what another one says to that is not overridden.

    Raises:
        GitUnusable: it could not be run, took too long, or ended with a code other than ``codes``.
    """
    options = _talking_options() if talks else _OPTIONS
    command = [program, *options, "-C", str(folder), *arguments]
    done = _call(command, stdin, _environment(talks) | dict(environment), TRANSFER_TIMEOUT_S if talks else TIMEOUT_S)
    if done.returncode not in codes:
        raise GitUnusable(_reason(done.stderr) or f"`git {arguments[0]}` ended with code {done.returncode}")
    return done


def _talking_options() -> tuple[str, ...]:
    kept = [word for word in _OPTIONS[2::2] if word.partition("=")[0] not in _PERSONS]
    ours = [f"{name}={value}" for name, value in _TALKING.items()]
    return ("--no-pager", *(word for setting in (*kept, *ours) for word in ("-c", setting)))


def _environment(talks: bool) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept = {name: os.environ[name] for name in _ENVIRONMENT_KEPT if name in os.environ}
    if not talks:
        return ours | kept | _ENVIRONMENT
    ours.pop("SSH_ASKPASS", None)
    kept |= {name: os.environ[name] for name in _TALKING_KEPT if name in os.environ}
    return ours | kept | _ENVIRONMENT | _TALKING_ENVIRONMENT


def _call(
    command: Sequence[str], stdin: bytes, environment: Mapping[str, str], timeout_s: float
) -> "subprocess.CompletedProcess[bytes]":
    """Run a program without a shell or a terminal; kill it, with those it started, when it takes too long."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise GitUnusable(f"it can't be run: {error.strerror}") from error
    try:
        out, said = process.communicate(stdin or None, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _kill(process)
        raise GitUnusable(f"it did not answer within {timeout_s:g} s") from None
    except BaseException:
        _kill(process)
        raise
    return subprocess.CompletedProcess(command, process.returncode, out, said)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a command and what it has started, which may outlive it and hold its streams open."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with suppress(OSError):
                stream.close()


def _reason(said: bytes) -> str:
    """Give the line in which git says what is wrong."""
    found = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in found if line.startswith(("fatal: ", "error: "))]
    return (errors or found or [""])[0].removeprefix("fatal: ").removeprefix("error: ")[:300]
