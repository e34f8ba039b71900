"""The theme in force: tokens, style sheet, fonts and tinted icons."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from string import Template

from medimg_workstation.stolen_references import make_immortal
from medimg_workstation.tokens import THEMES, Tokens
from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

#: Taken in this order where the desktop names no face of its own.
_FACES = ("Segoe UI", "SF Pro Text", "Inter", "Noto Sans", "DejaVu Sans")
ICON_PX = 20


class Theme(QObject):
    """Holds which theme is on; all that paints by hand asks it for tokens."""

    changed = Signal(str)
    """Another theme is in force; carries its name."""

    def __init__(self, name: str = "dark", parent: QObject | None = None) -> None:
        super().__init__(parent)
        make_immortal()
        self._name = name if name in THEMES else "dark"

    @property
    def name(self) -> str:
        """Key of `THEMES`."""
        return self._name

    @property
    def tokens(self) -> Tokens:
        """Colours in force."""
        return THEMES[self._name]

    def colour(self, token: str) -> QColor:
        """A token as Qt has colours."""
        return QColor(getattr(self.tokens, token))

    def choose(self, name: str) -> None:
        """Put another theme in force for the whole program."""
        self._name = name
        self.apply()
        self.changed.emit(name)

    def apply(self) -> None:
        """Hand palette, font and style sheet to the program."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setFont(face())
        app.setPalette(_palette(self.tokens))
        app.setStyleSheet(style_sheet(self.tokens))

    def pixmap(self, icon: str, token: str = "text", size: int = ICON_PX) -> QPixmap:
        """A line icon tinted by a token."""
        return tinted(icon, getattr(self.tokens, token), size)

    def icon(self, icon: str, token: str = "text", *, on: str = "") -> QIcon:
        """An icon for a button; `on` tints it while it is checked, and dims it while disabled."""
        result = QIcon(self.pixmap(icon, token))
        if on:
            result.addPixmap(self.pixmap(icon, on), QIcon.Mode.Normal, QIcon.State.On)
        result.addPixmap(self.pixmap(icon, "line"), QIcon.Mode.Disabled)
        return result


def face(size: int = 13, weight: int = 400) -> QFont:
    """The interface face with tabular figures, in pixels."""
    families = set(QFontDatabase.families())
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    chosen = next((name for name in _FACES if name in families), system.family())
    font = QFont(chosen)
    font.setPixelSize(size)
    font.setWeight(QFont.Weight(weight))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


@lru_cache(maxsize=512)
def tinted(icon: str, colour: str, size: int = ICON_PX, ratio: float = 2.0) -> QPixmap:
    """Draw resources/icons/<icon>.svg in one colour, sharp up to a scale of `ratio`."""
    source = (files("medimg_resources") / "icons" / f"{icon}.svg").read_text("utf-8")
    renderer = QSvgRenderer(QByteArray(source.replace("currentColor", colour).encode()))
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def style_sheet(tokens: Tokens) -> str:
    """The style sheet with this theme's colours filled in."""
    source = (files("medimg_resources") / "themes" / "workstation.qss").read_text("utf-8")
    names = {name: getattr(tokens, name) for name in Tokens.__slots__}
    return Template(source).substitute(names)


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: tokens.bg,
        QPalette.ColorRole.Base: tokens.panel,
        QPalette.ColorRole.AlternateBase: tokens.raised,
        QPalette.ColorRole.Button: tokens.raised,
        QPalette.ColorRole.Text: tokens.text,
        QPalette.ColorRole.WindowText: tokens.text,
        QPalette.ColorRole.ButtonText: tokens.text,
        QPalette.ColorRole.ToolTipBase: tokens.raised,
        QPalette.ColorRole.ToolTipText: tokens.text,
        QPalette.ColorRole.PlaceholderText: tokens.muted,
        QPalette.ColorRole.Highlight: tokens.accent,
        QPalette.ColorRole.HighlightedText: tokens.on_accent,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    return palette
