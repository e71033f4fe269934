"""The settings of one vault: ``.memwell/config.toml``, overridden by the environment, in one frozen `Config`."""

import hashlib
import math
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_cache_path

from vault_engine.errors import ConfigBroken, VaultMissing

MEMWELL_DIR = ".memwell"
CONFIG_FILE = "config.toml"
DEFAULT_EMBEDDER = "packaged"
MOST_VANISHED = 0.2  # of the notes; when more are gone, a drive may be missing rather than the notes
NO_RERANKER = "none"
AUTO_RERANKER = "auto"
LATE_RERANKER = "late"
RULES = "rules"
DEFAULT_LATE_MEGABYTES = 256
DEFAULT_KEEP_VERSIONS = 20
LANGUAGES = ("ar", "da", "de", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru", "sv", "tr")
DETECTED_LANGUAGE = "auto"
DEFAULT_LANGUAGE = DETECTED_LANGUAGE
BOOSTED = ("title", "aliases", "headings", "tags", "properties", "body")
PROFILES = ("obsidian", "logseq")
TIERS = ("working", "episodic", "semantic", "procedural", "core")
WATCHING = ("auto", "events", "polling")
DEFAULT_LOOK_SECONDS = 60
DEFAULT_REST_SECONDS = 3

_TEXTS = ("embedder", "reranker", "contradictions", "language", "profile", "watch", "workspace")
_NUMBERS = {  # and the least that each may be
    "keep_days": 0,
    "keep_versions": 0,
    "look_seconds": 1,
    "rest_seconds": 0,
    "late_megabytes": 0,
}
_BOOSTS = "boosts"
_HALF_LIVES = "half_lives"
_CONFIDENCES = "confidences"
_TIER_DAYS = "tier_days"
_INFER = "infer"
_GROOM_EVERY = "groom_every"
_NEVER = "never"
_SETTINGS = (*_TEXTS, *_NUMBERS, _BOOSTS, _HALF_LIVES, _CONFIDENCES, _TIER_DAYS, _INFER, _GROOM_EVERY)
_MAX_BOOST = 100
_MAX_NUMBER = 1_000_000
_MAX_SESSION_CHARS = 100
_DEVICE_NAME = re.compile(r"[\w-](?:[\w -]{0,58}[\w-])?")
_EVERY = re.compile(r"([1-9][0-9]{0,3})([hdw])")
_HOURS_OF = {"h": 1.0, "d": 24.0, "w": 168.0}
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Config:
    """What one process needs to know to open one vault."""

    root: Path  # the vault, absolute, links resolved
    embedder: str = DEFAULT_EMBEDDER  # packaged | none | fastembed:MODEL | a folder | http(s)://…#MODEL
    embedder_key: str | None = None  # bearer token of an endpoint; only ever from the environment
    reranker: str = (
        AUTO_RERANKER  # auto | none | late | a folder with a cross-encoder | http(s)://…#MODEL | chat:http(s)://…#MODEL
    )
    late_megabytes: int = DEFAULT_LATE_MEGABYTES  # of vectors of tokens on disk, for `auto` and `late`
    reranker_key: str | None = None  # bearer token of an endpoint; only ever from the environment
    contradictions: str = RULES  # rules | a folder with a model for inference (NLI) | http(s)://…#MODEL
    contradictions_key: str | None = None  # bearer token of an endpoint; only ever from the environment
    language: str = DEFAULT_LANGUAGE  # stop words and stemming, as a two-letter code; "auto": what the notes are in
    boosts: Mapping[str, float] = field(default_factory=dict)  # what a word counts by where it stands, of BOOSTED
    half_lives: Mapping[str, float] = field(default_factory=dict)  # days by type; infinite: notes of it do not fade
    confidences: Mapping[str, float] = field(default_factory=dict)  # in [0, 1] by type, of notes that state none
    tier_days: Mapping[str, float] = field(default_factory=dict)  # unused, until a note expires; infinite: it does not
    infer: bool = False  # whether new notes state the type and tier that their text seems to have
    groom_hours: float = 0.0  # how often a server grooms the vault; 0: never
    cache_dir: Path = Path()  # the derived index of this vault; nothing in it is trusted
    device: str | None = None  # this machine's name in the journal; None: made up once and kept
    actor: str | None = None  # "kind:name" for the journal; None: the interface says
    session: str | None = None  # what the caller calls the conversation, for the journal
    keep_days: int = 0  # what a note has not held for so long may be dropped from the history; 0: nothing ever is
    keep_versions: int = DEFAULT_KEEP_VERSIONS  # of each note, however old they are
    profile: str | None = None  # whose rules the notes follow, one of PROFILES; None: what the folder looks like
    watch: str = WATCHING[0]  # whether events are relied on, one of WATCHING; auto: where the system has them all
    look_seconds: int = DEFAULT_LOOK_SECONDS  # a process that follows the vault looks at all of it this often anyway
    rest_seconds: int = DEFAULT_REST_SECONDS  # a page that somebody changed in Logseq is left alone for so long

    ingest_from: tuple[Path, ...] = ()  # folders whose files an agent may have read; only ever from the environment
    workspace: str | None = None  # the one that is meant where none is named; "auto": that of the working folder

    @property
    def memwell_dir(self) -> Path:
        """The vault's own folder, which holds everything of ours that is not a note."""
        return self.root / MEMWELL_DIR


def find_vault(given: str | None, env: Mapping[str, str], start: Path) -> Path:
    """Say which vault is meant: the one given, else ``MEMWELL_VAULT``, else the nearest parent of ``start``.

    Raises:
        VaultMissing: the folder named is not a vault, or no parent is one.
    """
    named = env.get("MEMWELL_VAULT") or None if given is None else given
    if named is not None:
        return _vault_at(named)
    for folder in (start, *start.parents):
        if (folder / MEMWELL_DIR).is_dir():
            return folder.resolve()
    raise VaultMissing(str(start), "is in no Memwell vault (no .memwell folder here or above)")


def working_folder() -> Path:
    """Give the folder that the process is in.

    Raises:
        VaultMissing: it was deleted.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise VaultMissing("the working folder", "is not there any more") from None


def _vault_at(named: str) -> Path:
    root = Path(named).expanduser()
    try:
        if not named or not root.is_dir():
            raise VaultMissing(named or "''", "is not a folder")
    except OSError as error:  # a name too long to look at
        raise VaultMissing(named, f"is not a folder: {error.strerror}") from error
    if not (root / MEMWELL_DIR).is_dir():
        raise VaultMissing(str(root))
    return root.resolve()


def load_config(root: Path, env: Mapping[str, str]) -> Config:
    """Read the vault's settings; the environment overrides the file.

    Raises:
        ConfigBroken: the file is not TOML, or a setting has the wrong type, an unknown name or an unknown value.
    """
    file = root / MEMWELL_DIR / CONFIG_FILE
    settings = _read_settings(file)
    for name in ("embedder", "reranker", "contradictions"):
        _check_endpoint(file, name, settings.get(name, ""))
    cache_base = Path(env.get("MEMWELL_CACHE_DIR") or user_cache_path("memwell"))
    return Config(
        root=root,
        embedder=env.get("MEMWELL_EMBEDDER") or settings.get("embedder", DEFAULT_EMBEDDER),
        embedder_key=env.get("MEMWELL_EMBEDDER_KEY"),
        reranker=env.get("MEMWELL_RERANKER") or settings.get("reranker", AUTO_RERANKER),
        reranker_key=env.get("MEMWELL_RERANKER_KEY"),
        contradictions=env.get("MEMWELL_CONTRADICTIONS") or settings.get("contradictions", RULES),
        contradictions_key=env.get("MEMWELL_CONTRADICTIONS_KEY"),
        language=settings.get("language", DEFAULT_LANGUAGE),
        boosts=settings.get(_BOOSTS, {}),
        half_lives=settings.get(_HALF_LIVES, {}),
        confidences=settings.get(_CONFIDENCES, {}),
        tier_days=settings.get(_TIER_DAYS, {}),
        infer=settings.get(_INFER, False),
        groom_hours=settings.get(_GROOM_EVERY, 0.0),
        cache_dir=cache_base / _cache_name(root),
        device=_device(env.get("MEMWELL_DEVICE")),
        actor=env.get("MEMWELL_ACTOR"),
        session=_session(env.get("MEMWELL_SESSION")),
        keep_days=settings.get("keep_days", 0),
        keep_versions=settings.get("keep_versions", DEFAULT_KEEP_VERSIONS),
        profile=_profile("MEMWELL_PROFILE", env.get("MEMWELL_PROFILE")) or settings.get("profile"),
        watch=settings.get("watch", WATCHING[0]),
        look_seconds=settings.get("look_seconds", DEFAULT_LOOK_SECONDS),
        rest_seconds=settings.get("rest_seconds", DEFAULT_REST_SECONDS),
        ingest_from=_folders(env.get("MEMWELL_INGEST_FROM")),
        workspace=env.get("MEMWELL_WORKSPACE") or settings.get("workspace"),
        late_megabytes=settings.get("late_megabytes", DEFAULT_LATE_MEGABYTES),
    )


def _read_settings(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigBroken(str(file), f"not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigBroken(str(file), os.strerror(error.errno or 0)) from error
    return {name: _setting(file, name, value) for name, value in table.items()}


def _setting(file: Path, name: str, value: Any) -> str | float | dict[str, float]:
    if name not in _SETTINGS:
        raise ConfigBroken(str(file), f"unknown setting {name!r} (known: {', '.join(_SETTINGS)})")
    if name == _BOOSTS:
        return _boosts(file, value)
    if name == _HALF_LIVES:
        return _days(file, name, value, "note = 90")
    if name == _TIER_DAYS:
        return _days(file, name, value, "working = 7", TIERS)
    if name == _CONFIDENCES:
        return _confidences(file, value)
    if name == _INFER:
        if not isinstance(value, bool):
            raise ConfigBroken(str(file), f"{_INFER} must be true or false, not {value!r}")
        return value
    if name == _GROOM_EVERY:
        return _hours(file, value)
    if name in _NUMBERS:
        least = _NUMBERS[name]
        if type(value) is not int or not least <= value <= _MAX_NUMBER:
            raise ConfigBroken(str(file), f"{name} must be a whole number from {least} to {_MAX_NUMBER}, not {value!r}")
        return value
    if not isinstance(value, str) or not value:
        raise ConfigBroken(str(file), f"{name} must be a text, not {value!r}")
    if name == "language" and value not in (*LANGUAGES, DETECTED_LANGUAGE):
        known = " ".join((*LANGUAGES, DETECTED_LANGUAGE))
        raise ConfigBroken(str(file), f"language {value!r} is not known (known: {known})")
    if name == "watch" and value not in WATCHING:
        raise ConfigBroken(str(file), f"watch {value!r} is not known (known: {' '.join(WATCHING)})")
    if name == "profile":
        _profile(str(file), value)
    return value


def _boosts(file: Path, value: Any) -> dict[str, float]:
    table = _table(file, _BOOSTS, value, "title = 3.0")
    for name, boost in table.items():
        if name not in BOOSTED:
            raise ConfigBroken(str(file), f"{_BOOSTS}.{name} is not known (known: {' '.join(BOOSTED)})")
        if not _is_between(boost, 0, _MAX_BOOST):
            raise ConfigBroken(str(file), f"{_BOOSTS}.{name} must be a number from 0 to {_MAX_BOOST}, not {boost!r}")
    return {name: float(boost) for name, boost in table.items()}


def _days(file: Path, setting: str, value: Any, example: str, known: Sequence[str] = ()) -> dict[str, float]:
    """Take days by name, of those ``known`` if there are any."""
    table = _table(file, setting, value, example)
    for name, days in table.items():
        if known and name not in known:
            raise ConfigBroken(str(file), f"{setting}.{name} is not known (known: {' '.join(known)})")
        if days != _NEVER and not _is_between(days, 1, _MAX_NUMBER):
            wanted = f'days from 1 to {_MAX_NUMBER}, or "{_NEVER}"'
            raise ConfigBroken(str(file), f"{setting}.{name} must be {wanted}, not {days!r}")
    return {name.casefold(): math.inf if days == _NEVER else float(days) for name, days in table.items()}


def _hours(file: Path, value: Any) -> float:
    """Take how often the vault is groomed."""
    found = _EVERY.fullmatch(value) if isinstance(value, str) else None
    if value != _NEVER and not found:
        raise ConfigBroken(
            str(file), f'{_GROOM_EVERY} must be hours, days or weeks as in "12h", "1d" or "2w", not {value!r}'
        )
    return int(found[1]) * _HOURS_OF[found[2]] if found else 0.0


def _confidences(file: Path, value: Any) -> dict[str, float]:
    table = _table(file, _CONFIDENCES, value, "note = 0.6")
    for name, confidence in table.items():
        if not _is_between(confidence, 0, 1):
            raise ConfigBroken(str(file), f"{_CONFIDENCES}.{name} must be from 0 to 1, not {confidence!r}")
    return {name.casefold(): float(confidence) for name, confidence in table.items()}


def _table(file: Path, name: str, value: Any, example: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ConfigBroken(str(file), f"{name} must be a table, as in {name} = {{ {example} }}, not {value!r}")


def _is_between(value: object, least: int, most: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _profile(where: str, value: str | None) -> str | None:
    """Take the name of a profile, None for none."""
    if value and value not in PROFILES:
        raise ConfigBroken(where, f"profile {value!r} is not known (known: {' '.join(PROFILES)})")
    return value or None


def _device(name: str | None) -> str | None:
    """Take the name of a device, which names a folder of the journal, if it can name one."""
    if name and not _DEVICE_NAME.fullmatch(name):
        raise ConfigBroken("MEMWELL_DEVICE", f"{name!r} can't name a device: letters, digits, '-', '_' and blanks")
    return name or None


def _folders(listed: str | None) -> tuple[Path, ...]:
    """Take folders as ``PATH`` lists them. No vault that came from elsewhere has a say in what is read here."""
    return tuple(Path(one).expanduser() for one in (listed or "").split(os.pathsep) if one.strip())


def _session(name: str | None) -> str | None:
    """Take what a caller calls the conversation: for people to read, so one line of a sensible length."""
    if name and (len(name) > _MAX_SESSION_CHARS or not name.isprintable()):
        raise ConfigBroken("MEMWELL_SESSION", f"must be one line of at most {_MAX_SESSION_CHARS} characters")
    return name or None


def _check_endpoint(file: Path, name: str, setting: str) -> None:
    """Let no vault that came from elsewhere send its notes out: the file may only name an endpoint of this machine."""
    address = setting.removeprefix("chat:")
    if address.startswith(("http://", "https://")) and urlsplit(address).hostname not in _THIS_MACHINE:
        raise ConfigBroken(str(file), f"an endpoint on another machine is only taken from MEMWELL_{name.upper()}")


def _cache_name(root: Path) -> str:
    """Name the index of a vault: readable, and different for two vaults of the same name."""
    return f"{root.name or 'vault'}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:12]}"
