"""How a client is: the values that the doctor gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

CATEGORY = "memwell-doctor"  # of the notes that are written and forgotten


class Health(StrEnum):
    """How a client is."""

    WELL = "well"
    WARNING = "warning"  # it may be meant so
    BROKEN = "broken"
    UNTOLD = "untold"  # it is here, and nobody has told it of the server
    SKIPPED = "skipped"


class Ail(StrEnum):
    """What is the matter with a client."""

    FILE = "file"  # can't be read, or does not parse
    ENTRY = "entry"  # is not there
    OFF = "off"  # the entry is there and turned off
    MEANING = "meaning"  # the entry names no server
    VARIABLE = "variable"  # of the environment, which the entry names
    PROGRAM = "program"  # that the entry names is not there
    VAULT = "vault"  # that the entry names is none
    START = "start"  # the server could not be started or reached
    LATE = "late"  # it did not answer in time
    READ_ONLY = "read-only"  # it lets no note be written
    ANSWER = "answer"  # it answers wrongly
    NETWORK = "network"  # was not to be used


@dataclass(frozen=True)
class HooksHealth:
    """How the hooks of a client are."""

    file: str
    health: Health
    events: tuple[str, ...] = ()  # of the client, at which it runs us
    vault: str | None = None  # that the commands name
    ail: Ail | None = None
    problem: str | None = None  # in words
    first_ms: float | None = None  # how long the client waits for the first, when nobody may be there to answer
    ms: float | None = None  # and for the next ones, middle of some runs


@dataclass(frozen=True)
class ClientHealth:
    """One row of the matrix."""

    client: str
    file: str
    health: Health
    server: str | None = None  # its command or address
    is_remote: bool = False
    vault: str | None = None  # that the command names
    ail: Ail | None = None
    problem: str | None = None  # in words
    steps: Mapping[str, float] | None = None  # how long each took, in ms, as far as it went
    hooks: HooksHealth | None = None  # None: the client has none, or knows no vault


@dataclass(frozen=True)
class Tried:
    """How a round trip went."""

    steps: Mapping[str, float]  # how long each took, in ms, as far as it went
    ail: Ail | None  # LATE, READ_ONLY, ANSWER, START; None: all is well
    said: str = ""  # why, in words
