"""Texts packed as base64(zlib(pickle)): read by every protocol, and nothing else is."""

from __future__ import annotations

import base64
import contextlib
import pickle
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.packed_text import unpacked


def packed(value: object, protocol: int = 4) -> str:
    return of_pickle(pickle.dumps(value, protocol=protocol))


def of_pickle(pickled: bytes) -> str:
    return base64.b64encode(zlib.compress(pickled)).decode()


class Opens:
    """What would make a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __reduce__(self):
        return open, (self._path, "w")


@given(st.text(), st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_a_text_comes_back_from_every_protocol(text: str, protocol: int) -> None:
    assert unpacked(packed(text, protocol)) == text


def test_a_long_text_comes_back() -> None:
    text = "0123456789" * 100_000
    assert unpacked(packed(text)) == text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_is_called(tmp_path: Path, protocol: int) -> None:
    with pytest.raises(ValueError, match="does more than hold a text"):
        unpacked(packed(Opens(tmp_path / "made"), protocol))
    with pytest.raises(ValueError, match="does more than hold a text"):
        unpacked(packed(["[]", Opens(tmp_path / "made")], protocol))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "base64"),
        ("é", "base64"),
        (base64.b64encode(b"plain").decode(), "zlib"),
        (packed(["a"]), "does more"),
        (packed(b"bytes"), "does more"),
        (packed(None), "does more"),
        (of_pickle(b""), "not a pickle|exhausted"),
        (of_pickle(b"\x80\x04."), "holds 0 texts"),
        (of_pickle(b"\x80\x04\x8c\x01a\x8c\x01b."), "holds 2 texts"),
        (of_pickle(b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7fa."), "expected|not a pickle"),
        (of_pickle(b"\xff\xff"), "opcode|not a pickle"),
    ],
)
def test_what_is_not_one_packed_text_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        unpacked(text)


@given(st.binary())
def test_no_bytes_do_anything_but_fail_or_give_a_text(pickled: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(unpacked(of_pickle(pickled)), str)


def test_what_unpacks_to_too_much_is_refused_early() -> None:
    bomb = base64.b64encode(zlib.compress(bytes(10_000_000))).decode()
    with pytest.raises(ValueError, match="larger than 1000 bytes"):
        unpacked(bomb, most_bytes=1000)


def test_what_is_cut_short_is_refused() -> None:
    whole = zlib.compress(pickle.dumps("a" * 1000))
    with pytest.raises(ValueError, match="cut short"):
        unpacked(base64.b64encode(whole[:-6]).decode())
