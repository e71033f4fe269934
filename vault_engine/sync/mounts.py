"""Which folders lie where the system does not tell of every change: on another machine's disk, say."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_MOUNTINFO = Path("/proc/self/mountinfo")
_DEADLINE_S = 2.0
# Where others write without this system's knowing, by the name that it gives the file system.
_REMOTE = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|afpfs|webdav|9p|v9fs|drvfs|afs|ceph|ncpfs|lustre|beegfs|gpfs|ocfs2|vboxsf|prl_fs|virtiofs|"
    r"fuse\.(?:sshfs|rclone|gvfsd-fuse|s3fs|davfs2?|glusterfs|vmhgfs-fuse|grpcfuse|osxfs|google-drive-ocamlfuse)"
)
_OCTAL = re.compile(r"\\([0-7]{3})")
_MAC_LINE = re.compile(r".* on (/.*) \((\w+)[,)].*")
_WINDOWS_REMOTE = 4


def why_poll(folder: Path, setting: str) -> str | None:
    """Say why the events of a folder are not relied on, in words; None if they are.

    Args:
        folder: the folder.
        setting: "events" relies on them, "polling" does not, "auto" asks on what file system the folder is.
    """
    if setting == "polling":
        return "the settings say so"
    if setting == "auto" and (found := remote_type(folder)):
        return f"it is on {found}, where others may write unseen"
    return None


def remote_type(folder: Path) -> str | None:
    """Name the kind of file system that a folder is on, if it is one that others write to unseen; None if it is not.

    Where the system can't be asked, it is taken for an ordinary one.
    """
    if sys.platform == "win32":
        return _of_windows(folder)
    found = type_at(os.fspath(folder), _mounts())
    return found if found and _REMOTE.fullmatch(found) else None


def type_at(folder: str, mounts: Iterator[tuple[str, str]]) -> str | None:
    """Give the type of the last of the longest mount points that hold a folder, from points and types. Pure."""
    best, found = -1, None
    for point, kind in mounts:
        if len(point) >= best and (folder == point or folder.startswith(f"{point.rstrip('/')}/")):
            best, found = len(point), kind
    return found


def read_mountinfo(text: str) -> Iterator[tuple[str, str]]:
    """Give the mount points and types of ``/proc/self/mountinfo``. Pure."""
    for line in text.splitlines():
        front, dash, back = line.partition(" - ")
        fields = front.split(" ")
        if dash and len(fields) > 4:
            yield _OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4]), back.split(" ")[0]


def read_mac_mounts(text: str) -> Iterator[tuple[str, str]]:
    """Give the mount points and types that ``mount`` prints on a Mac. Pure."""
    for line in text.splitlines():
        if found := _MAC_LINE.fullmatch(line):
            yield found[1], found[2]


def _mounts() -> Iterator[tuple[str, str]]:
    with suppress(OSError, subprocess.SubprocessError):
        if sys.platform == "darwin":
            done = subprocess.run(["/sbin/mount"], capture_output=True, check=True, timeout=_DEADLINE_S)
            return read_mac_mounts(done.stdout.decode("utf-8", "replace"))
        return read_mountinfo(_MOUNTINFO.read_text("utf-8", "surrogateescape"))
    return iter(())


def _of_windows(folder: Path) -> str | None:
    if os.fspath(folder).startswith("\\\\"):
        return "network share"
    if sys.platform == "win32":
        import ctypes

        if ctypes.windll.kernel32.GetDriveTypeW(f"{folder.drive}\\") == _WINDOWS_REMOTE:
            return "network drive"
    return None
