"""Shards as they are written on the command line."""

from __future__ import annotations

import pytest

from evalrun.core.config import RunOptions
from evalrun.core.errors import ConfigError
from evalrun.core.options import to_options
from evalrun.core.shard import Shard, parse_shard


@pytest.mark.parametrize("text", ["1/1", "3/16", "16/16"])
def test_a_shard_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_shard(text)) == text


def test_a_shard_names_a_folder() -> None:
    assert parse_shard("3/16") == Shard(3, 16)
    assert parse_shard("3/16").name == "3-of-16"


@pytest.mark.parametrize(
    "text", ["0/4", "5/4", "1/0", "-1/4", "01/4", "1/4/2", "1", "/", "", "a/b", " 1/4", "¹/4"]
)
def test_a_shard_that_there_is_none_of_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        to_options({"shard": text}, RunOptions, "run")
    assert str(error.value).startswith(f"run.shard={text}: should be i/n")
    assert "\n" not in str(error.value)
