"""The theme in force: tokens, style sheet, fonts and tinted icons."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from string import Template

from medimg_workstation.stolen_references import make_immortal
from medimg_workstation.tokens import THEMES, Tokens
from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetrics,
    QIcon,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

#: The window brings its faces, so that it looks and measures the same on every computer; the
#: second has the signs and arrows that the first lacks.
FAMILY, SYMBOLS = "Workstation Sans", "ReportSymbols"
_FILES = (
    *(f"WorkstationSans-{weight}" for weight in ("Regular", "Medium", "SemiBold")),
    "ReportSymbols-Regular",
)
#: Size of plain text in pixels at 100 %; all others are given in its proportion.
TEXT_PX = 13
ICON_PX = 20
_SCALED = re.compile(r"((?:font-size|min-height): )(\d+)px")


class Theme(QObject):
    """Holds which theme is on; all that paints by hand asks it for tokens."""

    changed = Signal(str)
    """Another theme is in force; carries its name."""

    def __init__(
        self,
        name: str = "dark",
        parent: QObject | None = None,
        *,
        text_percent: int = 100,
        family: str = FAMILY,
    ) -> None:
        super().__init__(parent)
        make_immortal()
        self._name = name if name in THEMES else "dark"
        self._text_percent, self._family = text_percent, family

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
        app.setFont(self._base_font())
        app.setPalette(_palette(self.tokens))
        app.setStyleSheet(style_sheet(self.tokens, self._text_percent))

    def _base_font(self) -> QFont:
        load_faces()
        font = QFont()
        font.setFamilies([self._family, SYMBOLS])
        font.setPixelSize(round(TEXT_PX * self._text_percent / 100))
        # Figures of one width, where the face has them apart.
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

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


@lru_cache(maxsize=1)
def load_faces() -> tuple[str, ...]:
    """Make the faces of `resources/fonts` known to Qt, once; returns their families."""
    families: list[str] = []
    for name in _FILES:
        data = (files("medimg_resources") / "fonts" / f"{name}.ttf").read_bytes()
        number = QFontDatabase.addApplicationFontFromData(QByteArray(data))
        families += QFontDatabase.applicationFontFamilies(number)
    return tuple(dict.fromkeys(families))


def face(size: int = TEXT_PX, weight: int = 400) -> QFont:
    """The program's face at a size of the design, which is 13 for plain text."""
    font = QFont(QApplication.font())
    font.setPixelSize(scaled(size))
    font.setWeight(QFont.Weight(weight))
    return font


def scaled(pixels: int) -> int:
    """Pixels of the design at the text size in force."""
    base = QApplication.font().pixelSize()
    return round(pixels * base / TEXT_PX) if base > 0 else pixels


def line_height(size: int = TEXT_PX, weight: int = 400) -> int:
    """Pixels that a line of text needs."""
    return QFontMetrics(face(size, weight)).height()


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


def style_sheet(tokens: Tokens, text_percent: int = 100) -> str:
    """The style sheet with this theme's colours filled in, at a text size."""
    source = (files("medimg_resources") / "themes" / "workstation.qss").read_text("utf-8")
    names = {name: getattr(tokens, name) for name in Tokens.__slots__}
    sized = _SCALED.sub(lambda m: f"{m[1]}{round(int(m[2]) * text_percent / 100)}px", source)
    return Template(sized).substitute(names)


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
