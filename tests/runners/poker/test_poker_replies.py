"""What replies say, by the rules of the published script and by the mended ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.poker.hand import Choices
from evalrun.runners.poker.replies import Move, legal, read_move

FREE = Choices(free=True, raises=(2, 198))
FACING = Choices(free=False, raises=(14, 200))
ALL_IN_AGAINST = Choices(free=False, raises=None)


@pytest.mark.parametrize(
    ("reply", "official", "fixed"),
    [
        ("fold", Move("fold"), Move("fold")),
        ("Call.", Move("call"), Move("call")),
        (" ALL IN", Move("all in"), Move("all in")),
        ("raise 3.0", Move("raise", 6), Move("raise", 6)),
        ("bet 18", Move("raise", 36), Move("raise", 36)),
        # Officially the order of the list counts, and not that of the reply.
        ("check or fold", Move("fold"), Move("check")),
        ("raise to 5, do not call", Move("call"), Move("raise", 10)),
        # Officially words are found inside of others, and the first number is taken.
        ("Checkmate", Move("check"), None),
        ("20 in the pot: bet 4", Move("raise", 40), Move("raise", 8)),
        # Officially a hyphen hides it.
        ("all-in", None, Move("all in")),
        ("allin", None, Move("all in")),
        # Officially amounts are rounded to big blinds, halves to even ones.
        ("raise 2.5", Move("raise", 4), Move("raise", 5)),
        ("raise 3.5", Move("raise", 8), Move("raise", 7)),
        # Officially an error.
        ("raise", Move("raise"), Move("raise")),
        ("I bet.", Move("raise"), Move("raise")),
        ("pass", None, None),
        ("", None, None),
    ],
)
def test_replies(reply: str, official: Move | None, fixed: Move | None) -> None:
    assert read_move(reply, "official") == official
    assert read_move(reply, "fixed") == fixed


@pytest.mark.parametrize(
    ("move", "free", "facing", "all_in_against"),
    [
        (Move("fold"), Move("check"), Move("fold"), Move("fold")),
        (Move("check"), Move("check"), Move("fold"), Move("fold")),
        (Move("call"), Move("check"), Move("call"), Move("call")),
        (Move("all in"), Move("raise", 198), Move("raise", 200), Move("call")),
        (Move("raise", 20), Move("raise", 20), Move("raise", 20), Move("call")),
        (Move("raise", 1), Move("raise", 2), Move("raise", 14), Move("call")),
        (Move("raise", 999), Move("raise", 198), Move("raise", 200), Move("call")),
        (Move("raise"), Move("raise", 2), Move("raise", 14), Move("call")),
        (None, Move("check"), Move("fold"), Move("fold")),
    ],
)
def test_moves_are_brought_into_the_rules(
    move: Move | None, free: Move, facing: Move, all_in_against: Move
) -> None:
    assert legal(move, FREE) == free
    assert legal(move, FACING) == facing
    assert legal(move, ALL_IN_AGAINST) == all_in_against


@given(st.text(), st.sampled_from(["official", "fixed"]))
def test_any_text_is_read(reply: str, variant: str) -> None:
    move = read_move(reply, variant)  # pyright: ignore[reportArgumentType] - one of the two
    assert move is None or move.word in ("fold", "call", "all in", "check", "raise")
