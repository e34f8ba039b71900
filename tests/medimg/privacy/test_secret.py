"""What is drawn from the key: the same each time, another for each key, never the word itself."""

from __future__ import annotations

import pytest
from pydicom.uid import UID

from medimg.privacy.secret import MOST_DAYS, Secret

ONE, OTHER = Secret(bytes(range(32))), Secret(bytes(range(1, 33)))


def test_same_key_same_answer() -> None:
    """Two runs agree without having met."""
    again = Secret(bytes(range(32)))
    assert ONE.pseudonym("123") == again.pseudonym("123")
    assert (ONE.uid("1.2.3"), ONE.days("123")) == (again.uid("1.2.3"), again.days("123"))


def test_known_answer() -> None:
    """The drawing never changes between versions: archives depend on it."""
    assert ONE.pseudonym("123") == "PWMVJVBACVLZDG"
    assert ONE.uid("1.2.3").startswith("2.25.")


def test_other_key_other_answer() -> None:
    """Nothing can be tried without the key."""
    assert ONE.pseudonym("123") != OTHER.pseudonym("123")
    assert ONE.uid("1.2.3") != OTHER.uid("1.2.3")


def test_purposes_do_not_meet() -> None:
    """A pseudonym does not tell the UID or shift of the same word."""
    drawn = {ONE.pseudonym("1"), ONE.uid("1"), str(ONE.days("1"))}
    assert len(drawn) == 3


def test_uid_is_one() -> None:
    """Under 2.25, at most 64 characters, no leading zero (PS3.5 9.1, B.2)."""
    for number in range(200):
        uid = UID(ONE.uid(f"1.2.{number}"))
        assert uid.is_valid and uid.startswith("2.25.")


def test_days_move_back_only() -> None:
    """No date comes to lie in the future, and patients move differently."""
    days = {ONE.days(str(number)) for number in range(300)}
    assert max(days) <= -1 and min(days) >= -MOST_DAYS and len(days) > 250


def test_key_is_not_printed() -> None:
    """Neither a trace nor a log may show it."""
    assert "1f" not in repr(ONE) and bytes(range(32)).hex() not in repr(ONE)


def test_short_key_is_no_key() -> None:
    """A key of few bytes could be tried out."""
    with pytest.raises(ValueError, match="32 bytes"):
        Secret(b"short")
