"""``memwell import file``."""


def test_files_become_notes_and_are_kept_up_to_date(cli, home, tmp_path):
    """What can't be read is named, and the others go on."""
    plan, bad = tmp_path / "plan.txt", tmp_path / "x.exe"
    plan.write_text("Sail at noon.")
    bad.write_text("x")
    assert "would be created documents/plan.md (13 characters)\n" == cli("import", "file", str(plan), "--dry-run").out
    done = cli("import", "file", str(plan), str(bad), "--tag", "sea", "--trusted")

    assert (3, "created documents/plan.md (13 characters)\n") == (done.code, done.out)
    assert done.err.startswith(f"{bad}: it is of no kind that is read")
    assert 1 == cli("import", "file", str(bad)).code
    assert "unchanged documents/plan.md (13 characters)\n" == cli("import", "file", str(plan)).out
    plan.write_text("Sail at ten.")
    answer = cli("import", "file", str(plan), "--json").json
    assert [("updated", "documents/plan.md")] == [(one["action"], one["path"]) for one in answer["files"]]
    note = (home / "documents/plan.md").read_text()
    assert "tags:\n  - sea\n" in note
    assert note.endswith("# plan\n\nSail at ten.\n")


def test_a_key_is_for_one_file(cli, home, tmp_path):
    """Else nothing is read."""
    assert 2 == cli("import", "file", "a.txt", "b.txt", "--key", "k").code
    assert 2 == cli("import", "file").code
