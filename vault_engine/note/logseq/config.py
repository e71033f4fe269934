"""What ``logseq/config.edn`` says about the names of files and journals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TRIPLE_LOWBAR = "triple-lowbar"
LEGACY = "legacy"

_TOKEN = re.compile(
    r"""
      (?P<blank> [\s,]++ | ;[^\n]*+ )
    | "(?P<text> (?:\\.|[^"\\])*+ ) (?:"|\Z)
    | (?P<discard> \#_ )
    | (?P<open> \#?[({\[] )
    | (?P<close> [)}\]] )
    | \\ (?:[\w-]++|.)
    | (?P<atom> [^\s,;"(){}\[\]\\]++ )
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_OTHER = ""  # stands for a form that cannot be one of our values


@dataclass(frozen=True, slots=True)
class LogseqConfig:
    """How a graph names its files; the defaults are those of a new graph."""

    name_format: str = TRIPLE_LOWBAR  # or LEGACY
    pages_folder: str = "pages"
    journals_folder: str = "journals"
    journal_file_format: str = "yyyy_MM_dd"
    journal_title_format: str = "MMM do, yyyy"


NEW_GRAPH = LogseqConfig()


def read_config(edn: str) -> LogseqConfig:
    """Read the map of ``config.edn``; what is broken or absent keeps the default, the name format ``legacy``."""
    forms = iter(_forms(edn))
    values = dict(zip(forms, forms, strict=False))
    default = LogseqConfig()
    return LogseqConfig(
        name_format=TRIPLE_LOWBAR if values.get(":file/name-format") == f":{TRIPLE_LOWBAR}" else LEGACY,
        pages_folder=_text(values, ":pages-directory").strip("/") or default.pages_folder,
        journals_folder=_text(values, ":journals-directory").strip("/") or default.journals_folder,
        journal_file_format=_text(values, ":journal/file-name-format") or default.journal_file_format,
        journal_title_format=_text(values, ":journal/page-title-format") or default.journal_title_format,
    )


def _text(values: dict[str, str], key: str) -> str:
    value = values.get(key, _OTHER)
    return value[1:].strip() if value.startswith('"') else _OTHER


def _forms(edn: str) -> Iterator[str]:
    """The forms of the first map, keys and values in turn: keywords as written, texts behind one quote."""
    depth = discards = 0
    for token in _TOKEN.finditer(edn):
        if token["open"]:
            if depth == 0 and token["open"] != "{":
                return
            depth += 1
            continue
        if token["close"]:
            depth -= 1
        if depth == 0 and token["close"]:
            return
        if depth != 1 or token["blank"] is not None or (token["atom"] or "").startswith("#"):
            continue
        if token["discard"]:
            discards += 1
        elif discards:
            discards -= 1
        else:
            yield _value(token)


def _value(token: re.Match[str]) -> str:
    if token["text"] is not None:
        return '"' + _ESCAPE.sub(_unescape, token["text"])
    return token["atom"] or _OTHER


def _unescape(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _CONTROLS.get(escape[2], escape[2])
