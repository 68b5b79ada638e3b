"""What determines the name of a run's folder."""

from __future__ import annotations

from pathlib import Path

import msgspec
from worlds import config

from evalrun.core.config import Config, Generation
from evalrun.runners.folder import folder_of


def with_generation(**generation: object) -> Config:
    return msgspec.structs.replace(config(), generation=Generation(**generation))


def test_folders_made_before_there_was_top_k_are_still_found() -> None:
    assert folder_of(config(), None, {}).path == Path("outputs/numbers/script/302f00609289")


def test_decoding_determines_the_folder() -> None:
    settings = ({}, {"top_k": 1}, {"top_k": 20}, {"top_p": 0.9}, {"temperature": 1.0})
    paths = {folder_of(with_generation(**one), None, {}).path for one in settings}
    assert len(paths) == len(settings)
    assert folder_of(with_generation(top_k=None), None, {}).path in paths
