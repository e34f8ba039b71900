"""What the window remembers between runs: one table; nothing of a patient."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSettings

from medimg.values.site import site


@dataclass(frozen=True, slots=True)
class Setting:
    """One remembered value: its first value and what it is."""

    first: str
    text: str


SETTINGS: dict[str, Setting] = {
    "theme": Setting("dark", "dark or light"),
    "text-size": Setting("100", "size of the text in percent, 90 to 125"),
    "series-width": Setting("176", "width of the series list"),
    "model-width": Setting("360", "width of the model’s column"),
    "cine-per-second": Setting("10", "images per second while playing"),
    "geometry": Setting("", "place and size of the window, base 64"),
}


class Settings:
    """Reads and writes settings of the table, and no others."""

    def __init__(self, store: QSettings | None = None) -> None:
        form, scope = QSettings.Format.IniFormat, QSettings.Scope.UserScope
        self._store = store or QSettings(form, scope, "medimg", "workstation")

    def get(self, name: str) -> str:
        """The value of a setting, its first one until it is set."""
        return str(self._store.value(name, self._first(name)))

    @staticmethod
    def _first(name: str) -> str:
        """What holds until the user chooses: the site's word, else the program's."""
        return (site().theme if name == "theme" else "") or SETTINGS[name].first

    @property
    def text_percent(self) -> int:
        """The text size within its limits; 100 where the setting is not a number."""
        words = self.get("text-size")
        return min(max(int(words), 90), 125) if words.isdecimal() else 100

    def put(self, name: str, value: str) -> None:
        """Remember a value.

        Raises:
            KeyError: The table has no such setting.
        """
        if name not in SETTINGS:
            raise KeyError(name)
        self._store.setValue(name, value)
