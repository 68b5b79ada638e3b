"""Media go from run folders to reports; nothing else on the disk does."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from report.run_folders import begin

from evalrun.core.prediction import SavedFile
from evalrun.runners.folder import RunFolder
from evalrun.runners.report.artifacts import (
    CopiedMedia,
    EmbeddedMedia,
    ServedMedia,
    artifact,
)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    run = begin(tmp_path / "run")
    run.artifacts.mkdir()
    (run.artifacts / "a.png").write_bytes(b"picture")
    return run


def saved(path: str) -> SavedFile:
    return SavedFile(path, "image/png", "0")


def test_an_artifact_is_found(folder: RunFolder) -> None:
    assert artifact(folder, "artifacts/a.png") == folder.artifacts / "a.png"


@pytest.mark.parametrize(
    "path",
    [
        "artifacts/nosuch.png",
        "artifacts",
        "artifacts/",
        "artifacts/.",
        "artifacts/..",
        "artifacts/../config.yaml",
        "artifacts/../artifacts/a.png",
        "config.yaml",
        "/etc/passwd",
        "artifacts//etc/passwd",
        "../run/artifacts/a.png",
        "artifacts/a.png\0",
        "",
    ],
)
def test_any_other_path_is_refused(folder: RunFolder, path: str) -> None:
    assert artifact(folder, path) is None


def test_links_are_refused(folder: RunFolder) -> None:
    (folder.artifacts / "link.png").symlink_to(folder.config)
    assert artifact(folder, "artifacts/link.png") is None
    folder.artifacts.rename(folder.path / "elsewhere")
    folder.artifacts.symlink_to(folder.path / "elsewhere")
    assert artifact(folder, "artifacts/a.png") is None


def test_replies_files_are_copied_beside_the_page(folder: RunFolder, tmp_path: Path) -> None:
    media = CopiedMedia(folder, "r3", tmp_path / "page")
    assert media.of_reply(saved("artifacts/a.png")) == "files/r3/a.png"
    assert (tmp_path / "page/files/r3/a.png").read_bytes() == b"picture"
    assert media.of_reply(saved("../../etc/passwd")) is None


def test_images_of_questions_are_copied_under_the_name_of_their_content(
    folder: RunFolder, tmp_path: Path
) -> None:
    media = CopiedMedia(folder, "r0", tmp_path / "page")
    address = media.of_question(str(folder.artifacts / "a.png"))
    assert (tmp_path / "page" / address).read_bytes() == b"picture"
    assert media.of_question(f"file://{folder.artifacts / 'a.png'}") == address


@pytest.mark.parametrize("url", ["https://a.example/b.png", "data:image/png;base64,AAAA"])
def test_addresses_that_are_no_paths_stay(folder: RunFolder, tmp_path: Path, url: str) -> None:
    for media in (CopiedMedia(folder, "r0", tmp_path), EmbeddedMedia(folder)):
        assert media.of_question(url) == url


def test_no_file_but_images_and_sounds_gets_into_a_report(
    folder: RunFolder, tmp_path: Path
) -> None:
    for media in (CopiedMedia(folder, "r0", tmp_path / "page"), EmbeddedMedia(folder)):
        assert media.of_question(str(folder.config)) == str(folder.config)
        assert media.of_question("/etc/passwd") == "/etc/passwd"
    assert not (tmp_path / "page").exists()


def test_a_single_file_holds_media_as_data_urls(folder: RunFolder) -> None:
    content = f"data:image/png;base64,{base64.b64encode(b'picture').decode()}"
    media = EmbeddedMedia(folder)
    assert media.of_reply(saved("artifacts/a.png")) == content
    assert media.of_question(str(folder.artifacts / "a.png")) == content


def test_a_server_names_files_of_replies_and_no_others(folder: RunFolder) -> None:
    media = ServedMedia(folder, "r1")
    assert media.of_reply(saved("artifacts/a.png")) == "files/r1/a.png"
    assert media.of_reply(saved("artifacts/b.png")) is None
    assert media.of_question("/data/b.png") == "file:///data/b.png"
