"""The sparse patterns of attention heads, and the files in which MInference keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from ....core.config import NonNegative, Positive
from ....core.errors import ConfigError

PatternName = Literal["stream_llm", "vertical_and_slash", "block_sparse"]
Row = tuple[PatternName, NonNegative, Positive, float]


class Pattern(msgspec.Struct, frozen=True):
    """A kind of pattern and its sizes.

    `vertical` and `slash` are the numbers of lines of `vertical_and_slash`, n_init and n_local of
    `stream_llm`; of `block_sparse`, `vertical` is the number of key blocks, and `slash` unused.
    """

    name: PatternName
    vertical: int
    slash: int


# What the official code takes for heads that its file does not name.
FALLBACK = Pattern("vertical_and_slash", 1000, 6096)
# The official kernel always takes this many blocks, whatever sizes a file gives.
_BLOCKS = 100

HeadPatterns = Mapping[int, Pattern]


def read_patterns(path: Path) -> tuple[HeadPatterns, ...]:
    """Return the patterns by layer and head: a list of `{head: [name, vertical, slash, score]}`.

    That is the format of the official `minference/configs/*.json`. Raises ConfigError.
    """
    try:
        layers = msgspec.json.decode(path.read_bytes(), type=list[dict[int, Row]])
    except OSError as error:
        raise ConfigError(f"kv.pattern={path}: {error.strerror}; name a file or null") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"kv.pattern={path}: {error}; expected, for each layer, "
            '{"0": ["vertical_and_slash", 1000, 6096, 1.0], ...}'
        ) from None
    return tuple({head: _pattern(row) for head, row in layer.items()} for layer in layers)


def _pattern(row: Row) -> Pattern:
    name, vertical, slash, _ = row
    return Pattern(name, _BLOCKS if name == "block_sparse" else vertical, slash)
