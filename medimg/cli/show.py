"""`medimg show PATH -o PNG`: one slice as the window draws it, with overlays of a record."""

from __future__ import annotations

import argparse
from pathlib import Path

from medimg.cli.answers import answer, counting, json_option, remark
from medimg.display.corner_text import window_text
from medimg.display.marks import marks
from medimg.display.show import chosen_slice, show
from medimg.display.windowing import default_window, windows_of
from medimg.reading import layers, read, scan
from medimg.values.analysis import Analysis
from medimg.values.errors import NothingRead, OutputFailed, UsageError
from medimg.values.series import Scan, Series, Window
from medimg.values.volume import Volume


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("path", type=Path, metavar="PATH", help="a file or folder")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="PNG", help="file to write"
    )
    parser.add_argument(
        "--series", type=int, default=1, metavar="N", help="which of several series"
    )
    parser.add_argument(
        "--slice", type=int, metavar="N", help="slice number, from 1 (default: the middle one)"
    )
    parser.add_argument("--window", metavar="NAME|WIDTH/CENTRE", help='"Lung" or "1500/-600"')
    parser.add_argument("--size", type=int, metavar="PX", help="longest side of the picture")
    parser.add_argument(
        "--record", type=Path, metavar="H5", help="analysis.h5 whose results are drawn on it"
    )
    parser.add_argument(
        "--layers",
        action="store_true",
        help="draw what other objects of the files mark: segmentations, contours, measurements",
    )
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Draw and write the picture."""
    found = scan(args.path, progress=counting("reading headers"))
    series = _chosen(found, args)
    volume = read(series, progress=counting("reading pixels"))
    drawn = layers(volume.series, found.objects) if args.layers else ()
    analysis = _record(args.record, volume) if args.record else None
    index = args.slice - 1 if args.slice else chosen_slice(volume, analysis, drawn)
    window = _window(args.window, volume) if args.window else default_window(volume)
    data = show(volume, analysis, layers=drawn, index=index, window=window, size=args.size)
    try:
        args.out.write_bytes(data)
    except OSError as error:
        sentence = f"{args.out.name} could not be written: {error.strerror}. Choose another place."
        raise OutputFailed(sentence) from error
    said = marks(volume.series)
    if args.json:
        facts = {"file": str(args.out), "series": series.label, "slice": index + 1}
        named = [layer.name for layer in drawn if index in layer.slices]
        answer({**facts, "window": window_text(window), "marks": list(said), "layers": named})
    else:
        print(f"{args.out}: {series.label}, slice {index + 1}, {window_text(window)}")
        for mark in (*said, *dict.fromkeys(p.sentence for x in drawn for p in x.problems)):
            remark(mark)
    return 0


def _chosen(found: Scan, args: argparse.Namespace) -> Series:
    if not found.series:
        why = found.problems[0].sentence if found.problems else f"{args.path} holds no image."
        raise NothingRead(why)
    if not 1 <= args.series <= len(found.series):
        raise UsageError(
            f"There is no series {args.series}: {args.path} holds {len(found.series)}."
        )
    chosen: Series = found.series[args.series - 1]
    return chosen


def _window(words: str, volume: Volume) -> Window:
    """A window by its name, or by width and centre.

    Raises:
        UsageError: It is neither.
    """
    known = {window.name.casefold(): window for window in windows_of(volume)}
    if words.casefold() in known:
        return known[words.casefold()]
    width, _, centre = words.partition("/")
    try:
        return Window(float(centre), float(width), "by hand")
    except ValueError as error:
        names = ", ".join(window.name for window in known.values() if window.name)
        raise UsageError(
            f'"{words}" is not a window. Give WIDTH/CENTRE or one of: {names}.'
        ) from error


def _record(path: Path, volume: Volume) -> Analysis:
    """Load a record and check that it belongs to this image.

    Raises:
        UsageError: It was made of another series.
    """
    from medimg.results.record import load

    analysis = load(path)
    if analysis.series.geometry.shape != volume.series.geometry.shape:
        raise UsageError(f"{path.name} was made of another series ({analysis.series.label}).")
    return analysis
