"""The series list: grouped by patient and study, a card each, problems in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from medimg_workstation.theme import Theme, face, line_height, scaled
from medimg_workstation.tokens import DARK
from medimg_workstation.viewport.canvas import SERIES_MIME
from medimg_workstation.viewport.paint import qimage
from medimg_workstation.widgets.text import button, clear, label
from PySide6.QtCore import QMimeData, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDrag,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QVBoxLayout, QWidget

from medimg.display.marks import mark_of
from medimg.display.wording import date, images, joined, number, person_name
from medimg.values.series import Scan, Series

WIDTH = 176
THUMBNAIL = 56
#: A press that moves farther carries the series away.
DRAG_PX = 10
#: Top of a card's title.
FIRST_LINE = 6
WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
#: Left of a problem's words: picture and sign stand before them.
_BADGE_LEFT = 5 + THUMBNAIL + 8 + 15
#: Sentences in the words that come up over a card; the list of problems has them all.
MOST_SENTENCES = 6


class SeriesCard(QAbstractButton):
    """One series: thumbnail, name, second line, its gravest problem in words."""

    def __init__(self, theme: Theme, series: Series) -> None:
        super().__init__()
        self._theme, self._series = theme, series
        self._thumbnail: np.ndarray | None = None
        self._has_result = False
        self._badge = ""
        self._is_folded = series.part is not None
        self._pressed_at = QPoint()
        self.setCheckable(True)
        self.setAutoExclusive(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setObjectName(f"series-{series.id}")
        self.show_problems(series)

    def show_problems(self, series: Series) -> None:
        """Say what is wrong with the series, once more when its pixels are read."""
        self._badge = _badge(series)
        self.setFixedHeight(card_height(scaled(WIDTH) - 16, self._badge))
        self.setAccessibleName(joined(series.label, *self._second_lines(), self._badge))
        sentences = [p.sentence for p in series.problems]
        shown = [joined(series.label, series.description), *sentences[:MOST_SENTENCES]]
        if len(sentences) > MOST_SENTENCES:
            shown.append(f"{number(len(sentences) - MOST_SENTENCES)} more in the list of problems")
        self.setToolTip("\n".join(shown))
        self.update()

    def show_picture(self, thumbnail: np.ndarray | None, has_result: bool) -> None:
        """Draw another thumbnail, and whether there is a result."""
        if thumbnail is not self._thumbnail or has_result != self._has_result:
            self._thumbnail, self._has_result = thumbnail, has_result
            self.update()

    def unfold(self, item: str) -> None:
        """Show the volumes of an open 4-D item; of a closed one its first stands for all."""
        part = self._series.part
        if part is None:
            return
        self._is_folded = part.item != item
        self.setVisible(part.place == 0 or not self._is_folded)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(scaled(WIDTH) - 16, self.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = (event.position().toPoint() - self._pressed_at).manhattanLength()
        if event.buttons() & Qt.MouseButton.LeftButton and far >= DRAG_PX:
            self.setDown(False)
            self._drag()
        else:
            super().mouseMoveEvent(event)

    def _drag(self) -> None:
        """Carry the series to a viewport."""
        mime = QMimeData()
        mime.setData(SERIES_MIME, self._series.id.encode())
        drag = QDrag(self)
        drag.setMimeData(mime)
        if self._thumbnail is not None:
            drag.setPixmap(QPixmap.fromImage(qimage(self._thumbnail)).scaledToWidth(THUMBNAIL))
        drag.exec(Qt.DropAction.CopyAction)

    def _title(self) -> str:
        part = self._series.part
        if part is None:
            return self._series.label
        # Between its siblings a volume is told by its place: the name of the whole is cut.
        return part.label if self._is_folded else f"{part.axis} {part.place + 1} of {part.count}"

    def _second_lines(self) -> tuple[str, ...]:
        thickness = self._series.slice_thickness_mm
        part = self._series.part
        volumes = f"{part.count} {part.axis}s" if part is not None and self._is_folded else ""
        first = joined(self._series.modality, volumes or images(self._series))
        many = self._series.geometry.shape[0] > 1
        return (first, f"{number(thickness, 1)} mm") if thickness and many else (first,)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            self._paint_ground(painter)
            box = QRectF(5, 5, THUMBNAIL, THUMBNAIL)
            painter.fillRect(box, QColor(0, 0, 0))
            if self._thumbnail is not None:
                image = qimage(self._thumbnail)
                scale = THUMBNAIL / max(image.width(), image.height())
                width, height = image.width() * scale, image.height() * scale
                target = QRectF(
                    5 + (THUMBNAIL - width) / 2, 5 + (THUMBNAIL - height) / 2, width, height
                )
                painter.drawImage(target, image)
            if self._has_result:
                self._paint_result(painter, box)
            self._paint_words(painter)

    def _paint_ground(self, painter: QPainter) -> None:
        colour = self._theme.colour
        if self.isChecked() or self.hasFocus() or self.underMouse():
            painter.setBrush(colour("selected" if self.isChecked() else "raised"))
            width = 2 if self.hasFocus() else 1
            edge = colour("accent") if self.isChecked() or self.hasFocus() else colour("raised")
            painter.setPen(QPen(edge, width))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def _paint_result(self, painter: QPainter, box: QRectF) -> None:
        painter.setFont(face(10, 500))
        width = QFontMetrics(painter.font()).horizontalAdvance("result") + 8
        high = QFontMetrics(painter.font()).height()
        plate = QRectF(box.left() + 3, box.bottom() - high - 3, width, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(plate, 2, 2)
        painter.setPen(QColor(DARK.text))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, "result")

    def _paint_words(self, painter: QPainter) -> None:
        left, wide = 5 + THUMBNAIL + 8, self.width() - THUMBNAIL - 18
        lines = [(self._title(), "text", 12, 600)]
        # A problem is told whole, rather than the thickness or the count beside it.
        room = badge_room(self.width(), self._badge) if self._badge else None
        step = line_step()
        seconds = self._second_lines()[: (room.top() - FIRST_LINE) // step - 1 if room else 2]
        lines += [(text, "muted", 11, 400) for text in seconds]
        y = FIRST_LINE
        for text, token, size, weight in lines:
            painter.setFont(face(size, weight))
            painter.setPen(self._theme.colour(token))
            shown = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, wide)
            painter.drawText(QRectF(left, y, wide, step + 1), Qt.AlignmentFlag.AlignVCenter, shown)
            y += step
        if room is not None:
            painter.setFont(face(11))
            painter.setPen(self._theme.colour("warn"))
            painter.drawPixmap(left, room.top() + 1, self._theme.pixmap("alert", "warn", 12))
            painter.drawText(room, int(WRAPPED), self._badge)


class SeriesList(QScrollArea):
    """All series of a scan under their studies."""

    chosen = Signal(str)
    """The reader chose a series; carries its id."""
    more_wanted = Signal()
    """The reader wants further series listed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("series-scroll")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cards: dict[str, SeriesCard] = {}
        self._scan: Scan | None = None
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(8, 10, 8, 8)
        self._column.setSpacing(4)
        self.setWidget(self._body)

    def show_scan(self, scan: Scan | None, listed: tuple[Series, ...]) -> None:
        """List the first series of a scan; those that have a card already keep it."""
        if scan is not self._scan:
            self._scan = scan
            self._cards.clear()
            clear(self._column)
        series = scan.series if scan else ()
        made = len(self._cards)
        if made == len(listed) and self._column.count():
            return
        self._drop_foot()
        patients = {s.patient.id or s.patient.name for s in series}
        for before, one in zip((None, *listed)[made:-1], listed[made:], strict=True):
            if before is None or _study(before) != _study(one):
                self._add_head(one, is_first=before is None, with_patient=len(patients) > 1)
            self._add_card(one)
        self._add_foot(len(series) - len(listed))

    def _add_foot(self, left: int) -> None:
        """A stretch, and above it a button where further series wait for their cards."""
        if left:
            more = button(f"{number(left)} more", self.more_wanted.emit, small=True)
            more.setObjectName("more-series")
            more.setToolTip("List further series")
            self._column.addWidget(more)
        self._column.addStretch(1)

    def _drop_foot(self) -> None:
        """Take away what `_add_foot` put there."""
        while self._column.count():
            widget = self._column.itemAt(self._column.count() - 1).widget()
            if isinstance(widget, SeriesCard):
                return
            self._column.takeAt(self._column.count() - 1)
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def show_read(self, series: Series) -> None:
        """Say what reading its pixels found wrong with a series."""
        if series.id in self._cards:
            self._cards[series.id].show_problems(series)

    def show_parts(
        self, selected: str, thumbnails: Mapping[str, np.ndarray], answered: frozenset[str]
    ) -> None:
        """Mark the open series, draw thumbnails, tell which have results."""
        series = self._scan.series if self._scan else ()
        opened = next((s.part.item for s in series if s.id == selected and s.part), "")
        for series_id, card in self._cards.items():
            card.unfold(opened)
            card.setChecked(series_id == selected)
            card.show_picture(thumbnails.get(series_id), series_id in answered)
        if selected in self._cards:
            self.ensureWidgetVisible(self._cards[selected], 0, 8)

    def _add_head(self, series: Series, *, is_first: bool, with_patient: bool) -> None:
        if not is_first:
            self._column.addSpacing(10)
        if with_patient:
            name = (
                person_name(series.patient.name)
                or f"Patient {series.patient.id or 'without a name'}"
            )
            self._column.addWidget(label(name, "patient"))
        self._column.addWidget(label(date(series.study.date) or "No date", "strong"))
        second = series.study.description or series.modality
        self._column.addWidget(label(second, "second"))
        self._column.addSpacing(2)

    def _add_card(self, series: Series) -> None:
        card = SeriesCard(self._theme, series)
        card.clicked.connect(lambda _on=False, key=series.id: self.chosen.emit(key))
        self._cards[series.id] = card
        self._column.addWidget(card)


def line_step() -> int:
    """From line to line of a card."""
    return max(line_height(11), line_height(12, 600) - 1)


def card_height(width: int, badge: str) -> int:
    """As high as the picture, four lines, or the title and the whole problem below it."""
    lines = FIRST_LINE + 4 * line_step() + 2
    told = FIRST_LINE + line_step() + _badge_lines(width, badge) + 2
    return max(THUMBNAIL + 10, lines, told)


def badge_room(width: int, badge: str) -> QRect:
    """Where a problem is told on a card of a width: below one more line where that leaves room."""
    left, high = _BADGE_LEFT, card_height(width, badge)
    tops = (FIRST_LINE + 2 * line_step(), FIRST_LINE + line_step())
    rooms = [QRect(left, top, width - left - 3, high - top - 2) for top in tops]
    needed = _badge_lines(width, badge)
    return next((room for room in rooms if needed <= room.height()), rooms[-1])


def _badge_lines(width: int, badge: str) -> int:
    """How high a problem's words are on a card of a width."""
    room = QRect(0, 0, width - _BADGE_LEFT - 3, 1000)
    return QFontMetrics(face(11)).boundingRect(room, int(WRAPPED), badge).height()


def _study(series: Series) -> tuple[str, str, str]:
    return series.patient.id, series.patient.name, series.study.uid


def _badge(series: Series) -> str:
    """The gravest problem in few words, and how many more there are."""
    if not series.grave:
        return ""
    extra = f" +{len(series.grave) - 1}" if len(series.grave) > 1 else ""
    return mark_of(series.grave[0], series) + extra
