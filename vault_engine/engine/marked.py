"""The marks around a context, by which it is known again, so that nobody remembers what he was just told. Pure."""

import re

BEGIN = "<!-- memwell context -->"
END = "<!-- /memwell context -->"

_BLOCK = re.compile(rf"{re.escape(BEGIN)}.*?{re.escape(END)}\n?", re.DOTALL)


def marked(markdown: str) -> str:
    """Put the marks around a context; nothing around none."""
    return f"{BEGIN}\n{markdown}\n{END}" if markdown else ""


def without_contexts(text: str) -> str:
    """Leave out every context in a text, marks and all; a mark without the other is text."""
    return _BLOCK.sub("", text) if END in text else text
