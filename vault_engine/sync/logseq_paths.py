"""Which file of a Logseq graph a note is, and the other way round. Pure.

The page of ``a/b.md`` is called ``a/b``, and its file by the graph's own format. A note that is called as a day, in the
folder of the daily notes, is the journal of that day.
"""

import re
from collections import Counter
from collections.abc import Iterable
from unicodedata import normalize

from vault_engine.note.logseq import (
    LogseqConfig,
    file_name,
    journal_day,
    journal_file_name,
    journal_title,
    page_name,
)
from vault_engine.note.logseq.names import day_of_name

DAILY = "journals"

_SUFFIX = ".md"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MAX_BYTES = 240
_NO_PAGES = ("assets/", "logseq/", "whiteboards/", "draws/")


def daily_folder(paths: Iterable[str]) -> str:
    """Say which folder of a vault has most notes that are called as days; ``journals`` without any."""
    split = (path[: -len(_SUFFIX)].rpartition("/") for path in paths)
    found = Counter(folder for folder, _, stem in split if _DAY.fullmatch(stem))
    return min(found, key=lambda folder: (-found[folder], folder), default=DAILY)


class PagePaths:
    """The names of one graph's files and of one vault's notes."""

    def __init__(self, config: LogseqConfig, daily: str = DAILY) -> None:
        """Begin.

        Args:
            config: what the graph says of its names.
            daily: the folder of the vault's daily notes, "" for its root.
        """
        self.config = config
        self._daily = f"{daily}/" if daily else ""

    def path_of(self, file: str) -> str | None:
        """Give the path of the note for a file of the graph; None if no page is there."""
        if file.startswith(_NO_PAGES) or not file.lower().endswith(_SUFFIX):
            return None
        if day := journal_day(file, self.config):
            return f"{self._daily}{day}{_SUFFIX}"
        return f"{page_name(file, self.config)}{_SUFFIX}"

    def file_of(self, path: str) -> str | None:
        """Give the file for a new page; None if none can have that name and be read back as the note."""
        if day := self._day_of(path):
            file = f"{self.config.journals_folder}/{journal_file_name(day, self.config)}"
        else:
            file = f"{self.config.pages_folder}/{file_name(normalize('NFC', path[: -len(_SUFFIX)]), self.config)}"
        fits = len(file.rpartition("/")[2].encode("utf-8", "replace")) <= _MAX_BYTES
        return file if fits and self.path_of(file) == normalize("NFC", path) else None

    def page_of(self, path: str) -> str:
        """Give the name of the page that a note is."""
        day = self._day_of(path)
        return journal_title(day, self.config) if day else normalize("NFC", path[: -len(_SUFFIX)])

    def day_of_page(self, name: str) -> str | None:
        """Give the day whose journal a page of a name is."""
        return day_of_name(name, self.config)

    def page_of_day(self, target: str) -> str | None:
        """Give the name of the journal that a link to a day means, written as notes write it."""
        stem = target.rpartition("/")[2]
        day = day_of_name(stem, self.config) if _DAY.fullmatch(stem) else None
        return journal_title(day, self.config) if day else None

    def _day_of(self, path: str) -> str | None:
        stem = path[len(self._daily) : -len(_SUFFIX)]
        if not path.startswith(self._daily) or not _DAY.fullmatch(stem):
            return None
        return day_of_name(stem, self.config)
