"""Taking secrets out of a text before it is remembered. Pure, and linear in the text.

What looks like a key, a token or a password by its form goes; so does a value whose name says that it is one. A text
that was scrubbed stays as it is when it is scrubbed again.
"""

import re
from typing import NamedTuple

REMOVED = "[secret removed]"


class Scrubbed(NamedTuple):
    """A text without its secrets."""

    text: str
    removed: int  # how many there were


_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?P<what>[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----"
    r".*?(?:-----END (?P=what)-----|\Z)",
    re.DOTALL,
)
_FORMS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255}"
    r"|glpat-[A-Za-z0-9_-]{20,64}|gl(?:ptt|rt|dt|soat)-[A-Za-z0-9_-]{20,64}"
    r"|sk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{20,250}"  # OpenAI, Anthropic and others
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/]{20,100}"  # Stripe
    r"|xox[abeprs]-[A-Za-z0-9-]{10,250}|xapp-[A-Za-z0-9-]{10,250}"  # Slack
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,250}|GOCSPX-[A-Za-z0-9_-]{20,50}"  # Google
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,250}|hf_[A-Za-z0-9]{30,50}|dop_v1_[a-f0-9]{64}"
    r"|SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{16,64}"  # SendGrid
    r"|AGE-SECRET-KEY-1[A-Z0-9]{50,70}"
    r"|eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,4000})?"  # a JSON web token
    r")(?![A-Za-z0-9])"
)
_IN_ADDRESS = re.compile(
    r"(?P<before>\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,100}:)(?P<secret>[^\s/@\"'<>]{1,200})(?=@)", re.IGNORECASE
)
_AUTHORIZATION = re.compile(
    r"(?P<before>\b(?:bearer|basic|token) {1,3})"
    r"(?P<secret>(?=[A-Za-z._~+/-]{0,200}\d)[A-Za-z0-9._~+/-]{16,4000}={0,2})",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?P<before>(?<![A-Za-z0-9_.-])[A-Za-z0-9_.-]{0,60}?"
    r"(?:passw(?:or)?d|passwd|pwd|passphrase|secret|api[_ -]?key|access[_ -]?key|secret[_ -]?key|private[_ -]?key"
    r"|token|credentials?|encryption[_ -]?key)"
    r"(?:_[A-Za-z0-9]{1,30})?[\"'`]?[ \t]{0,3}(?::=|[=:]|\bis\b)[ \t]{0,3})"
    r"(?P<secret>\"[^\"\n]{4,500}\"|'[^'\n]{4,500}'|`[^`\n]{4,500}`|[^\s\"'`,;<>()\[\]{}]{4,500})",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_SIGN = re.compile(r"[^\w\s.,]")
_REFERENCE = re.compile(  # the name of a value, or a word in its place
    r"[$%]|process\.env|os\.environ|env\.|(?:null|none|true|false|required|optional|string)$", re.IGNORECASE
)
_ENV_LINE = re.compile(
    r"^(?P<before>[ \t]{0,8}(?:export[ \t]{1,4})?[A-Z][A-Z0-9_]{0,80}"
    r"(?:KEY|TOKEN|SECRET|PASSWORD|PASS|PWD|CREDENTIALS|DSN)[A-Z0-9_]{0,20}[ \t]{0,3}=[ \t]{0,3})"
    r"(?P<secret>\"[^\"\n]{1,2000}\"|'[^'\n]{1,2000}'|[^\s#\"']{3,2000})",
    re.MULTILINE,
)


def scrub(text: str) -> Scrubbed:
    """Take keys, tokens, passwords and private keys out of a text, and say how many there were."""
    count = 0

    def whole(_found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return REMOVED

    def value(found: re.Match[str]) -> str:
        nonlocal count
        if REMOVED.startswith(found["secret"]):
            return found[0]
        count += 1
        return f"{found['before']}{REMOVED}"

    def named(found: re.Match[str]) -> str:
        return value(found) if _is_secret(found["secret"], found["before"]) else found[0]

    text = _FORMS.sub(whole, _PRIVATE_KEY.sub(whole, text))
    for pattern in (_IN_ADDRESS, _AUTHORIZATION, _ENV_LINE):
        text = pattern.sub(value, text)
    return Scrubbed(_NAMED.sub(named, text), count)


def _is_secret(given: str, before: str) -> bool:
    """Say whether what stands behind a name is a value and not a word about it, or the name of a variable."""
    if _REFERENCE.match(given.strip("\"'`")):
        return False
    is_prose = before.rstrip().lower().endswith("is") or before.endswith(": ")
    looks_made = bool(_DIGIT.search(given) or _SIGN.search(given.strip("\"'`.!?")))
    return looks_made or (not is_prose and len(given) >= 6) or given[0] in "\"'`"
