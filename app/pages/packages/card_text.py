"""A package's card as running text: headings with air, tables with thin lines, as tall as it is."""

from __future__ import annotations

from medimg_workstation.theme import Theme
from PySide6.QtGui import (
    QFont,
    QResizeEvent,
    QTextBlockFormat,
    QTextCursor,
    QTextFrameFormat,
    QTextTable,
)
from PySide6.QtWidgets import QTextBrowser

#: Markdown heading level: size in pixels, space above it.
_HEADINGS = {1: (15, 20), 2: (15, 20), 3: (13, 16)}
_BELOW_PX = 6
_CELL_PX = 5


class CardText(QTextBrowser):
    """Shows all of a Markdown text; the page around it scrolls."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__()
        self.setObjectName("card-text")
        self.setAccessibleName("Card")
        self.setOpenLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(self.horizontalScrollBarPolicy().ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        # The title stands above the card already.
        self.setMarkdown(text.split("\n", 1)[1] if text.startswith("# ") else text)
        self._space_blocks()
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                _rule(frame, theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() == event.oldSize().width():
            return  # the height alone, which is set here; laying a long card out takes 20 ms
        self.setFixedHeight(round(self.document().size().height()) + 4)

    def _space_blocks(self) -> None:
        block = self.document().begin()
        while block.isValid():
            level = block.blockFormat().headingLevel()
            is_cell = QTextCursor(block).currentTable() is not None
            shape = QTextBlockFormat()
            if level:
                size, above = _HEADINGS.get(level, (13, 12))
                shape.setTopMargin(above)
                shape.setBottomMargin(_BELOW_PX)
                self._resize(QTextCursor(block), size)
            elif not is_cell and block.textList() is None:
                shape.setBottomMargin(_BELOW_PX)
            QTextCursor(block).mergeBlockFormat(shape)
            block = block.next()

    @staticmethod
    def _resize(cursor: QTextCursor, size_px: int) -> None:
        cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        letters = cursor.charFormat()
        font = QFont(letters.font())
        font.setPixelSize(size_px)
        font.setWeight(QFont.Weight.DemiBold)
        letters.setFont(font)
        letters.clearProperty(letters.Property.FontSizeAdjustment)
        cursor.setCharFormat(letters)


def _rule(table: QTextTable, theme: Theme) -> None:
    """Draw a table with one-pixel lines in the theme's own colour."""
    shape = table.format()
    shape.setBorder(1)
    shape.setBorderCollapse(True)
    shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    shape.setBorderBrush(theme.colour("line"))
    shape.setCellPadding(_CELL_PX)
    shape.setCellSpacing(0)
    shape.setBottomMargin(_BELOW_PX)
    table.setFormat(shape)
