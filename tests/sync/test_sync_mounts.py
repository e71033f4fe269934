"""Where the system does not tell of every change."""

import pytest

from vault_engine.sync import mounts
from vault_engine.sync.mounts import read_mac_mounts, read_mountinfo, remote_type, type_at, why_poll

LINUX = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:45 / /home/ann/far\040away rw,relatime - nfs4 server:/export rw
31 22 0:46 / /mnt/c rw,noatime - 9p drvfs rw,dirsync,aname=drvfs
32 22 0:47 / /home rw - ext4 /dev/vdb rw
33 32 0:48 / /home rw - fuse.sshfs ann@server:/ rw
a line of another kind
"""
MAC = """/dev/disk1s1 on / (apfs, local, journaled)
//ann@server/share on /Volumes/share (smbfs, nodev, nosuid, mounted by ann)
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/srv/vault", "ext4"),
        ("/mnt/c", "9p"),
        ("/mnt/c/vault", "9p"),
        ("/mnt/cc", "ext4"),
        ("/home/ann/far away/vault", "nfs4"),
        ("/home/ann", "fuse.sshfs"),
    ],
)
def test_the_innermost_mount_counts_and_of_two_the_later(folder, kind):
    """Blanks in names are written as numbers."""
    assert kind == type_at(folder, read_mountinfo(LINUX))


def test_a_mac_is_asked_in_its_own_way():
    """What `mount` prints."""
    assert "smbfs" == type_at("/Volumes/share/vault", read_mac_mounts(MAC))
    assert "apfs" == type_at("/Users/ann", read_mac_mounts(MAC))


@pytest.mark.skipif("sys.platform != 'linux'", reason="the list of mounts is Linux's")
def test_only_where_others_write_unseen_is_remote(tmp_path, monkeypatch):
    """A disk of this machine is not, and without a list of mounts nothing is."""
    listed = tmp_path / "mountinfo"
    monkeypatch.setattr(mounts, "_MOUNTINFO", listed)

    assert remote_type(tmp_path) is None
    listed.write_text("22 1 8:1 / / rw - ext4 /dev/vda1 rw\n")
    assert remote_type(tmp_path) is None
    listed.write_text("22 1 8:1 / / rw - cifs //server/share rw\n")
    assert "cifs" == remote_type(tmp_path)


def test_the_settings_come_first(monkeypatch):
    """Else the file system says."""
    monkeypatch.setattr(mounts, "remote_type", lambda _folder: "nfs")

    assert why_poll("/vault", "events") is None
    assert "the settings say so" == why_poll("/vault", "polling")
    assert "nfs" in why_poll("/vault", "auto")
