"""Where on a machine a client keeps its settings, per platform. Pure: what the machine is like is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Literal

Platform = Literal["linux", "macos", "windows"]


@dataclass(frozen=True)
class Surroundings:
    """What decides where files are: the platform, the home folder and the environment."""

    platform: Platform
    home: str
    variables: Mapping[str, str]

    def path(self, template: str) -> PurePath:
        """Make a path of a template.

        ``~`` is the home folder, ``$config`` the folder for settings that command-line programs use, ``$app`` the one
        that programs with windows use, ``$local`` the same for what stays on the machine.
        """
        start, _, rest = template.partition("/")
        return self._folder(start) / rest

    def _folder(self, start: str) -> PurePath:
        kind = PureWindowsPath if self.platform == "windows" else PurePosixPath
        home = kind(self.home)
        config = self._absolute("XDG_CONFIG_HOME", home / ".config")
        if start == "~":
            return home
        if start == "$config":
            return config
        if self.platform == "macos":
            return home / "Library" / "Application Support"
        if self.platform == "linux":
            return config
        if start == "$local":
            return self._absolute("LOCALAPPDATA", home / "AppData" / "Local")
        return self._absolute("APPDATA", home / "AppData" / "Roaming")

    def _absolute(self, variable: str, default: PurePath) -> PurePath:
        """Take a folder from the environment, where it is a whole path: others are to be ignored."""
        given = type(default)(self.variables.get(variable, ""))
        return given if given.is_absolute() else default


@dataclass(frozen=True)
class Location:
    """Files one of which a client reads: the first that is there, else the first."""

    folder: str  # a template
    names: tuple[str, ...]
    variable: str = ""  # an environment variable that names another folder
    windows: str = ""  # a template, where that differs

    def folder_in(self, around: Surroundings) -> PurePath:
        """Give the folder that holds the files."""
        default = around.path(self.windows if self.windows and around.platform == "windows" else self.folder)
        given = type(default)(around.variables.get(self.variable, "")) if self.variable else default
        return given if given.is_absolute() else default

    def files_in(self, around: Surroundings) -> tuple[PurePath, ...]:
        """Give the files, the preferred one first."""
        folder = self.folder_in(around)
        return tuple(folder / name for name in self.names)
