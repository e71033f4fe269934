"""The limits that keep the code readable, as CONTRIBUTING.md states them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 500
MODULES = sorted(
    path for folder in ("vault_engine", "cli", "bench", "tools", "tests") for path in (ROOT / folder).rglob("*.py")
)


def long_functions(source: str) -> Iterator[tuple[str, int]]:
    """Give name and length of each function that is too long."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield node.name, lines


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_and_no_module_is_too_long(module):
    """A function fits on a screen, a module in a head."""
    source = module.read_text("utf-8")

    assert [] == list(long_functions(source))
    assert source.count("\n") <= MAX_MODULE_LINES


def test_a_long_function_is_noticed():
    """The check above can fail."""
    source = "def long():\n" + "    pass\n" * MAX_FUNCTION_LINES

    assert [("long", MAX_FUNCTION_LINES + 1)] == list(long_functions(source))
