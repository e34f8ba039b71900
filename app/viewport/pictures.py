"""What a viewport shows as a picture for elsewhere: clipboard, PNG, GIF of all its slices."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

from medimg_workstation.tokens import DARK
from medimg_workstation.viewport.canvas import Viewport
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter

from medimg.values.notice import RESEARCH_NOTICE

#: Longest side of a moving picture; every slice costs its size.
GIF_SIDE = 640
#: Slices of a moving picture at most; a longer stack is thinned evenly.
GIF_SLICES = 200


def picture_of(viewport: Viewport) -> QImage:
    """The viewport as it is seen, with the notice that no picture leaves without."""
    image = viewport.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(DARK.muted))
        width, height = viewport.width(), viewport.height()
        box = painter.fontMetrics().boundingRect(RESEARCH_NOTICE)
        left = (width - box.width()) // 2
        painter.drawText(left, height - box.height() // 2 - 2, RESEARCH_NOTICE)
    return image


def copy(viewport: Viewport) -> None:
    """Put the picture on the clipboard."""
    QGuiApplication.clipboard().setImage(picture_of(viewport))


def png(viewport: Viewport) -> bytes:
    """The picture as a PNG."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture_of(viewport).save(buffer, "PNG")
    return bytes(data.data())


class SliceGrabber:
    """Grabs all slices of a viewport, one at each turn of the event loop, so that none stalls it.

    Args:
        done: Told the pictures; the viewport is back at its slice.
    """

    def __init__(self, viewport: Viewport, done: Callable[[list[QImage]], None]) -> None:
        assert viewport.stack is not None
        self._viewport, self._done = viewport, done
        count = viewport.stack.count
        step = max(1, -(-count // GIF_SLICES))
        self._left, self._images = list(range(0, count, step)), list[QImage]()
        self._look = viewport.look
        self._timer = QTimer(viewport)
        self._timer.timeout.connect(self._next)
        self._timer.start(0)

    def _next(self) -> None:
        if self._left and self._viewport.picture is not None:
            self._viewport.follow(replace(self._look, index=self._left.pop(0)))
            self._images.append(_small(picture_of(self._viewport)))
            return
        self._timer.stop()
        self._viewport.follow(self._look)
        self._done(self._images)


def gif(images: list[QImage], images_per_second: float) -> bytes:
    """A moving picture; takes a while, so not on the window's thread."""
    from PIL import Image

    frames = []
    for image in images:
        grey = image.convertToFormat(QImage.Format.Format_RGB888)
        size = (grey.width(), grey.height())
        data = bytes(grey.constBits())
        raw = Image.frombuffer("RGB", size, data, "raw", "RGB", grey.bytesPerLine(), 1)
        frames.append(raw.quantize(128))
    out = io.BytesIO()
    wait_ms = round(1000 / images_per_second)
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=wait_ms, loop=0)
    return out.getvalue()


def _small(image: QImage) -> QImage:
    longest = max(image.width(), image.height())
    if longest <= GIF_SIDE:
        return image
    return image.scaledToWidth(round(image.width() * GIF_SIDE / longest))
