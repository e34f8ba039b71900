"""Descriptions reduced to radiological words: a list of what may stay, never of what must go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from medimg.values import standard

_DATE_OR_TIME = re.compile(
    r"(?<!\d)(\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}:\d{2}(:\d{2})?|\d{1,2}[./-]\d{4})(?!\d)"
)
_BETWEEN = re.compile(r"[^\w.*+%]+|_")
#: A number as technique has it: three digits at most, and a unit; or a b-value.
_NUMBER = re.compile(r"\d{1,3}(\.\d{1,3})?", re.ASCII)
_MEASURE = re.compile(
    r"\d{1,3}(\.\d{1,3})?(mm|cm|ms|s|sec|min|kv|kvp|mas|ma|t|x\d{1,3}|d|%)|b\d{1,5}|t[12]\w{0,4}",
    re.ASCII | re.IGNORECASE,
)


@cache
def vocabulary() -> frozenset[str]:
    """Words that name no one: body parts of the standard, and words of technique."""
    text = files("medimg_resources").joinpath("deidentification", "vocabulary.txt")
    lines = [line for line in text.read_text("utf-8").splitlines() if not line.startswith("#")]
    parts = standard.body_parts()
    words = " ".join([*lines, *parts, *parts.values()]).casefold().replace("-", " ")
    return frozenset(word for word in re.findall(r"[a-z0-9]+", words) if not word.isdigit())


def cleaned(text: str) -> str:
    """Keep the words of the vocabulary and single measures; all else goes.

    Dates, times, and numbers in a row (a telephone, a date in pieces) go as a whole.
    """
    tokens = [t for t in _BETWEEN.split(_DATE_OR_TIME.sub(" ? ", text)) if t]
    return " ".join(_kept(tokens))


def _kept(tokens: list[str]) -> Iterator[str]:
    for place, token in enumerate(tokens):
        word = token.strip(".*+").casefold()
        if word in vocabulary() or _MEASURE.fullmatch(token):
            yield token
        elif _NUMBER.fullmatch(token):
            beside = [*tokens[max(place - 1, 0) : place], *tokens[place + 1 : place + 2]]
            if not any(other[:1].isdigit() for other in beside):
                yield token
