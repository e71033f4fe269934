"""Run format cases: files of JSON lines, each a note and what a correct reader or writer makes of it.

Three shapes are known: what a note holds and where its links lead (``input``, ``expect``), the change of one
property (``before``, ``op``, ``after``), and a note after another file was renamed (``rename``). Prints a line for
each case that fails, then the counts.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vault_engine.engine.parsed import Surroundings, parsed
from vault_engine.note import DELETED, Edited, LinkFormat, Profile, Refused, parse, set_properties
from vault_engine.note.logseq import LogseqConfig
from vault_engine.note.relink import Renaming, apply_splices, rewritten_links

# What an expectation says of the case itself, not of the note that is read: whether values count, and what other
# notes are also called.
_GIVEN = ("skip_value_check", "alias_of")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the files named; 1 when a case fails."""
    parser = argparse.ArgumentParser(prog="python -m bench.format_cases", description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="JSON Lines, one case each")
    passed = failed = 0
    for file in parser.parse_args(arguments).files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if not line.strip():
                continue
            if problem := _problem_of(line):
                failed += 1
                print(f"{file.name}:{number}: {problem}")
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _problem_of(line: str) -> str | None:
    try:
        case = json.loads(line)
        problems = list(problems_of(case))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        return f"no case of a known shape: {error!r}"
    return f"{case.get('id', '?')}: {'; '.join(problems)}" if problems else None


def problems_of(case: Mapping[str, Any]) -> Iterator[str]:
    """Say in which ways the outcome of a case differs from what it expects; nothing if it passes.

    Raises:
        KeyError: it has none of the three shapes.
    """
    if "rename" in case:
        yield from _differences({"after": case["after"]}, {"after": _renamed(case)})
    elif "op" in case:
        yield from _differences({"after": None if case.get("refuse") else case["after"]}, {"after": _edited(case)})
    else:
        yield from _reading_problems(case)


def _reading_problems(case: Mapping[str, Any]) -> Iterator[str]:
    expect = {key: value for key, value in case["expect"].items() if key not in _GIVEN}
    if case["expect"].get("skip_value_check"):
        expect.pop("frontmatter", None)
    profile, aliases = Profile(case.get("profile", Profile.OBSIDIAN)), case["expect"].get("alias_of", {})
    around = Surroundings(case["source_path"], case["vault"], profile, aliases=aliases)
    if "name_format" in expect:
        around = replace(around, logseq=LogseqConfig(name_format=expect["name_format"]))
    actual = parsed(case["input"], around)
    if "links" in expect:  # a case need not say of a link what it is not about
        kept = [each.keys() for each in expect["links"]]
        actual["links"] = [
            {key: link.get(key) for key in (kept[index] if index < len(kept) else link)}
            for index, link in enumerate(actual["links"])
        ]
    yield from _differences(expect, actual)


def _edited(case: Mapping[str, Any]) -> str | None:
    """Make the change; the note afterwards, None if it is refused."""
    change = case["op"]
    if change["op"] not in ("set", "delete"):
        raise KeyError(change["op"])
    result = set_properties(case["before"], {change["key"]: change["value"] if change["op"] == "set" else DELETED})
    return result.text if isinstance(result, Edited) else None


def _renamed(case: Mapping[str, Any]) -> str:
    """Rename a file; the note afterwards that links to it, or why it would not be changed."""
    rename = case["rename"]
    renaming = Renaming.of(case["vault"], {rename["old"]: rename["new"]}, LinkFormat(case["link_format"]))
    splices = rewritten_links(parse(case["before"]), case["source_path"], renaming)
    return splices.reason if isinstance(splices, Refused) else apply_splices(case["before"], splices)


def _differences(expect: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[str]:
    for key, value in expect.items():
        if key not in actual:
            yield f"nothing is read that could be called {key!r}"
        elif _canonical(value) != _canonical(actual[key]):
            yield f"{key}: expected {_canonical(value)}, found {_canonical(actual[key])}"


def _canonical(value: Any) -> str:
    """Tell 1 from true and from 1.0; the order of keys means nothing."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


if __name__ == "__main__":
    sys.exit(main())
