"""Every ``console`` block in the documentation is run and must print what it shows; every ``python`` block must run.

A line ``...`` stands for any lines, a ``...`` at the end of a line for its rest. Scores, ids, times and the like
differ between runs and machines and are compared by their shape only.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN_HOME = "/home/you"

_BLOCK = re.compile(r"^```(console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_VOLATILE = [
    (re.compile(r"\(\d\.\d\d\)|\"score\": [\d.]+"), "SCORE"),
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"), "ID"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "DATE"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"\bnow [0-9a-f]{8}\b"), "now HASH"),
    (re.compile(r"--expect [0-9a-f]{8}\b"), "--expect HASH"),
]


def commands_of(document: Path) -> Iterator[tuple[str, str]]:
    """Give each command of a document with the output it shows; a ``python`` block shows that it came to its end."""
    for kind, block in _BLOCK.findall(document.read_text("utf-8")):
        if kind == "python":
            yield f"python -W error - <<'END' && echo ran\n{block}END", "...ran"
            continue
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            yield command, output.rstrip("\n")


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if any(commands_of(d))], ids=lambda d: d.name)
def test_the_commands_of_a_document_print_what_it_shows(document, tmp_path):
    """Run in order in a home of their own, the commands print the output below them."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copytree(ROOT / "sample_vault", home / "memwell" / "sample_vault")
    environment = {
        **os.environ,
        "HOME": str(home),
        "MEMWELL_CACHE_DIR": str(tmp_path / "cache"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    for name in ("MEMWELL_VAULT", "MEMWELL_EMBEDDER", "MEMWELL_ACTOR"):
        environment.pop(name, None)
    folder = home
    for command, shown in commands_of(document):
        if command.startswith("cd "):
            folder = Path(command[3:].replace("~", str(home), 1))
            continue
        printed = run(command, folder, environment).replace(str(home), SHOWN_HOME)
        assert matches(printed, shown), f"$ {command}\n{printed}\n--- but {document.name} shows ---\n{shown}"


def test_the_readme_has_commands():
    """The first check could not fail without any."""
    assert len(list(commands_of(ROOT / "README.md"))) > 10


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Run one command as a shell would, both of its outputs together."""
    result = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return result.stdout.rstrip("\n")


def matches(printed: str, shown: str) -> bool:
    """Say whether an output is the one shown, up to ``...`` and what is volatile."""
    pattern = re.escape(shape(shown)).replace(re.escape("..."), ".*?")
    return re.fullmatch(pattern, shape(printed), re.DOTALL) is not None


def shape(text: str) -> str:
    """Put placeholders for what differs between runs."""
    for volatile, name in _VOLATILE:
        text = volatile.sub(name, text)
    return text
