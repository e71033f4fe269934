"""A Logseq that has a graph open, for the tests of living beside it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TYPING = """
import sys, time
number = 0
while True:
    number += 1
    with open(sys.argv[1], "w") as page:
        page.write(f"- typing {number}\\n")
    if number == 2:
        print("typing", flush=True)
    time.sleep(0.2)
"""


class Logseq:
    """One page, held in memory: what is in the file by the time of an edit is not looked at."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.memory = file.read_text()

    def type(self, block: str) -> None:
        """Add a block in memory and write the whole page, as if that were a while ago."""
        self.memory = self.memory.rstrip("\n") + f"\n- {block}"
        self.file.write_text(self.memory)

    def see(self) -> None:
        """Take in what the file holds."""
        self.memory = self.file.read_text()


@contextmanager
def typing(file: Path) -> Iterator[None]:
    """Have another process write a page from memory all the time."""
    with subprocess.Popen([sys.executable, "-c", _TYPING, os.fspath(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()
