"""A sheet of paper: A4, millimetre-free points from the top left, text of any script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from io import BytesIO

from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from medimg.results.fonts import Weight, load, runs

#: Images as bytes, not as text of 85 letters: a fifth smaller, and forty times faster here.
rl_config.useA85 = 0

WIDTH, HEIGHT = A4
MARGIN = 36.5
LEFT, RIGHT = MARGIN, WIDTH - MARGIN
#: Nothing but the foot line below this.
FOOT = HEIGHT - 46

#: The light theme's tokens: paper is light.
TEXT, MUTED = HexColor("#131A24"), HexColor("#4F5E72")
LINE, TRACK = HexColor("#C6CFDB"), HexColor("#DDE3EB")
OK, WARN, DANGER = HexColor("#16703F"), HexColor("#7F5200"), HexColor("#B3261E")
BLACK, WHITE = HexColor("#000000"), HexColor("#FFFFFF")

#: Name of the form that holds the number of pages.
_TOTAL = "total"

#: Leading of text over its size.
LEADING = 1.36


class Align(Enum):
    """Which end of a text its x is."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Ink:
    """How a text is set."""

    size: float = 8.6
    weight: Weight = Weight.REGULAR
    colour: Color = field(default=TEXT)

    @property
    def leading(self) -> float:
        """From baseline to baseline in points."""
        return self.size * LEADING


BODY = Ink()
STRONG = Ink(weight=Weight.BOLD)
SMALL = Ink(7.8, colour=MUTED)
HEADING = Ink(10.2, Weight.BOLD)
TITLE = Ink(16.5, Weight.BOLD)


class Sheet:
    """Pages being drawn. `y` is where the next block begins, in points from the top.

    Args:
        head: Draws what stands at the top of a page and returns where its content begins.
        foot: Draws what stands at the bottom.
    """

    def __init__(
        self, head: Callable[[Sheet], float], foot: Callable[[Sheet], None], title: str
    ) -> None:
        self._memory = BytesIO()
        self.canvas = Canvas(self._memory, pagesize=A4, invariant=True)
        self.canvas.setTitle(title)
        self.canvas.setCreator("MedImg Workstation")
        self.page = 1
        self._head, self._foot = head, foot
        self.y = head(self)

    def finish(self) -> bytes:
        """End the last page, tell every page how many there are, and return the file."""
        self._foot(self)
        self.canvas.showPage()
        self.canvas.beginForm(_TOTAL)
        self.text(0, HEIGHT, str(self.page), SMALL)
        self.canvas.endForm()
        self.canvas.save()
        return self._memory.getvalue()

    def turn(self) -> None:
        """End this page and begin the next."""
        self._foot(self)
        self.canvas.showPage()
        self.page += 1
        self.y = self._head(self)

    def total(self, x: float, y: float) -> None:
        """Draw the number of pages, which is known only at the end, from x on."""
        self.canvas.saveState()
        self.canvas.translate(x, HEIGHT - y)
        self.canvas.doForm(_TOTAL)
        self.canvas.restoreState()

    def need(self, height: float) -> None:
        """Turn the page unless a block of this height still fits."""
        if self.y + height > FOOT:
            self.turn()

    def text(
        self, x: float, y: float, text: str, ink: Ink = BODY, align: Align = Align.LEFT
    ) -> float:
        """Draw one line with its baseline at y; return its width."""
        width = text_width(text, ink)
        start = x - {Align.LEFT: 0.0, Align.CENTRE: width / 2, Align.RIGHT: width}[align]
        self.canvas.setFillColor(ink.colour)
        for run in runs(text, ink.weight):
            self.canvas.setFont(run.face, ink.size)
            self.canvas.drawString(start, HEIGHT - y, run.text)
            start += stringWidth(run.text, run.face, ink.size)
        return width

    def paragraph(self, x: float, y: float, text: str, width: float, ink: Ink = BODY) -> float:
        """Draw wrapped text whose first baseline is y; return the baseline after the last."""
        for line in wrapped(text, width, ink):
            self.text(x, y, line, ink)
            y += ink.leading
        return y

    def rule(self, y: float, x0: float = LEFT, x1: float = RIGHT, colour: Color = LINE) -> None:
        """Draw a thin horizontal line."""
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(x0, HEIGHT - y, x1, HEIGHT - y)

    def box(self, x: float, y: float, width: float, height: float, colour: Color = TEXT) -> None:
        """Draw a rounded frame whose top left corner is (x, y)."""
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(0.7)
        self.canvas.roundRect(x, HEIGHT - y - height, width, height, 1.6)

    def fill(self, x: float, y: float, width: float, height: float, colour: Color) -> None:
        """Fill a rectangle whose top left corner is (x, y)."""
        self.canvas.setFillColor(colour)
        self.canvas.rect(x, HEIGHT - y - height, width, height, stroke=0, fill=1)


def text_width(text: str, ink: Ink = BODY) -> float:
    """Return the width of one line in points."""
    total = 0.0
    for run in runs(text, ink.weight):
        load(run.face)
        total += stringWidth(run.text, run.face, ink.size)
    return total


def wrapped(text: str, width: float, ink: Ink = BODY) -> list[str]:
    """Break a text into lines no wider than `width`; a word too long is broken within."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if text_width(longer, ink) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *whole, line = _pieces(word, width, ink)
            lines += whole
        lines.append(line)
    return lines


def _pieces(word: str, width: float, ink: Ink) -> list[str]:
    """Cut one word (a UID, a Chinese sentence) into pieces that fit."""
    pieces = [""]
    for char in word:
        if pieces[-1] and text_width(pieces[-1] + char, ink) > width:
            pieces.append("")
        pieces[-1] += char
    return pieces


def fitted(text: str, width: float, ink: Ink = BODY) -> str:
    """Shorten a line by an ellipsis until it fits."""
    if text_width(text, ink) <= width:
        return text
    while text and text_width(f"{text}…", ink) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"
