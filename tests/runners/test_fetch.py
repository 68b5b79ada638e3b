"""Official files, from a real hub server on localhost or from a folder."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from servers.hub_server import REPO, REVISION, HubServer

from evalrun.core.config import Config
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.source import FileSource, read_manifest
from evalrun.runners.compose import Composer
from evalrun.runners.fetch import fetch, fetch_recipe

MEBIBYTE = 1 << 20
KV = b'{"context": "c", "multi_turns": []}\n' * 5_000
FILES = {
    "data/scb_kv.jsonl": KV,
    "data/scb_vt.jsonl": b'{"context": "v"}\n',
    "prompts/kv.txt": b"Extract the value.\n",
    "README.md": b"# Bench\n",
}
SOURCE = FileSource(hub=REPO, revision=REVISION, files=("data/*.jsonl", "prompts/kv.txt"))
WANTED = {name for name in FILES if name != "README.md"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(FILES, large=("data/scb_kv.jsonl",)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield server


def there(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# From the hub


def test_the_files_asked_for_arrive_whole_with_a_manifest(hub: HubServer, tmp_path: Path) -> None:
    manifest = fetch(SOURCE, tmp_path / "data")
    assert there(tmp_path / "data") == {*WANTED, "manifest.json"}
    for name in WANTED:
        assert (tmp_path / "data" / name).read_bytes() == FILES[name]
        assert manifest.files[name].size == len(FILES[name])
        assert manifest.files[name].sha256 == hashlib.sha256(FILES[name]).hexdigest()
    assert (manifest.repo, manifest.revision) == (REPO, REVISION)
    assert manifest.origin == f"{hub.endpoint}/datasets/{REPO}"
    assert read_manifest(tmp_path / "data") == manifest


def test_a_complete_folder_asks_the_hub_for_nothing(hub: HubServer, tmp_path: Path) -> None:
    first = fetch(SOURCE, tmp_path)
    hub.down = True
    assert fetch(SOURCE, tmp_path) == first


def test_of_several_that_fetch_at_once_one_does(hub: HubServer, tmp_path: Path) -> None:
    manifests: list[object] = []

    def fetch_too() -> None:
        manifests.append(fetch(SOURCE, tmp_path))

    threads = [threading.Thread(target=fetch_too) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name for name, _ in hub.downloads) == sorted(WANTED)
    assert manifests == [read_manifest(tmp_path)] * 4
    assert there(tmp_path) == {*WANTED, "manifest.json"}


def test_a_complete_folder_that_cannot_be_written_is_read_all_the_same(
    hub: HubServer, tmp_path: Path
) -> None:
    first = fetch(SOURCE, tmp_path)
    tmp_path.chmod(0o500)
    try:
        assert fetch(SOURCE, tmp_path) == first
    finally:
        tmp_path.chmod(0o700)


def test_a_file_that_was_lost_or_cut_is_fetched_again(hub: HubServer, tmp_path: Path) -> None:
    fetch(SOURCE, tmp_path)
    (tmp_path / "data/scb_vt.jsonl").unlink()
    (tmp_path / "data/scb_kv.jsonl").write_bytes(KV[:100])
    fetch(SOURCE, tmp_path)
    assert (tmp_path / "data/scb_kv.jsonl").read_bytes() == KV
    assert (tmp_path / "data/scb_vt.jsonl").exists()


def test_another_revision_is_fetched_although_files_are_there(
    hub: HubServer, tmp_path: Path
) -> None:
    fetch(SOURCE, tmp_path)
    other = FileSource(hub=REPO, revision="f" * 40, files=SOURCE.files)
    with pytest.raises(DataError, match=f"revision {'f' * 40} does not exist"):
        fetch(other, tmp_path)


def test_a_broken_connection_is_taken_up_where_it_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, content = "big.jsonl", bytes(range(256)) * (12 * MEBIBYTE // 256)
    with HubServer({name: content}, large=(name,)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        hub.cut_after = 11 * MEBIBYTE
        fetch(FileSource(hub=REPO, revision=REVISION, files=(name,)), tmp_path)
    assert (tmp_path / name).read_bytes() == content
    # The client writes in pieces of 10 MiB; the piece that was cut is asked for again.
    assert hub.downloads == [(name, None), (name, f"bytes={10 * MEBIBYTE}-")]


@pytest.mark.parametrize("name", ["data/scb_kv.jsonl", "prompts/kv.txt"])
def test_a_wrong_checksum_names_the_file_and_deletes_it(
    hub: HubServer, tmp_path: Path, name: str
) -> None:
    hub.corrupt.add(name)
    with pytest.raises(DataError, match=f"{name}: its checksum is not the hub's"):
        fetch(SOURCE, tmp_path)
    assert not (tmp_path / name).exists()
    assert read_manifest(tmp_path) is None
    hub.corrupt.clear()
    assert fetch(SOURCE, tmp_path).files.keys() == WANTED


def test_a_gated_repository_asks_for_a_token(hub: HubServer, tmp_path: Path) -> None:
    hub.gated = True
    with pytest.raises(DataError, match=r"accept the terms .* export HF_TOKEN=TOKEN"):
        fetch(SOURCE, tmp_path)


def test_the_token_is_sent(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch(SOURCE, tmp_path)
    assert set(hub.tokens) == {"Bearer hf_secret"}


def test_an_unknown_repository_is_told(hub: HubServer, tmp_path: Path) -> None:
    wrong = FileSource(hub="owner/Wrong", revision=REVISION, files=("*",))
    with pytest.raises(DataError, match="datasets/owner/Wrong: no such dataset, or it is private"):
        fetch(wrong, tmp_path)


def test_a_malformed_repository_name_is_told(hub: HubServer, tmp_path: Path) -> None:
    wrong = FileSource(hub="a/b/c", revision=REVISION, files=("*",))
    with pytest.raises(DataError, match="a/b/c"):
        fetch(wrong, tmp_path)


def test_a_pattern_without_a_match_names_the_nearest_file(hub: HubServer, tmp_path: Path) -> None:
    wrong = FileSource(hub=REPO, revision=REVISION, files=("data/scb_kvv.jsonl",))
    with pytest.raises(
        DataError, match=r"no file 'data/scb_kvv\.jsonl'; did you mean 'data/scb_kv"
    ):
        fetch(wrong, tmp_path)


def test_a_hub_that_cannot_be_reached_is_told_with_the_way_out(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DataError, match=r"no connection to the hub .*--from DIR"):
        fetch(SOURCE, tmp_path)


def test_a_target_that_cannot_be_made_is_told(hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"choose another place: benchmark\.data_dir=DIR"):
        fetch(SOURCE, tmp_path / "file" / "data")


def test_a_full_disk_is_told_and_what_arrived_is_kept(hub: HubServer, tmp_path: Path) -> None:
    """A limit on the size of files, in a process of its own, stands in for the disk's end."""
    code = f"""
import resource, signal
from pathlib import Path
from evalrun.core.source import FileSource
from evalrun.runners.compose import Composer
from evalrun.runners.fetch import fetch, fetch_recipe
from evalrun.core.errors import DataError
source = FileSource(hub={REPO!r}, revision={REVISION!r}, files=("data/*.jsonl",))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    fetch(source, Path({str(tmp_path)!r}))
except DataError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "data/scb_kv.jsonl: " in done.stdout
    assert "File too large; make room" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert read_manifest(tmp_path) is None


def test_nothing_is_drawn_where_there_is_no_terminal(
    hub: HubServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fetch(SOURCE, tmp_path)
    assert capfd.readouterr() == ("", "")


# For a recipe


def test_a_recipe_says_what_is_fetched_and_where_it_goes(hub: HubServer, tmp_path: Path) -> None:
    overrides = [
        "recipe=scbench",
        f"benchmark.fetch.hub={REPO}",
        f"benchmark.fetch.revision='{REVISION}'",
        "benchmark.fetch.files=[data/*]",
        f"benchmark.data_dir={tmp_path}",
    ]
    told = fetch_recipe(Composer().compose(overrides), None)
    assert told.startswith(f"{tmp_path}: 2 files, 0.2 MB, {REPO} at {REVISION} from http://")
    assert there(tmp_path) == {"data/scb_kv.jsonl", "data/scb_vt.jsonl", "manifest.json"}


def several(data_dir: Path) -> Config:
    config = Composer().compose(["recipe=longgenbench", f"benchmark.data_dir={data_dir}"])
    sources = [
        {"hub": REPO, "revision": REVISION, "files": ["data/*"], "into": "rows"},
        {"hub": REPO, "revision": REVISION, "files": ["prompts/*"], "into": "wording"},
    ]
    return msgspec.structs.replace(config, benchmark={**config.benchmark, "fetch": sources})


def test_several_sources_go_to_folders_of_their_own(hub: HubServer, tmp_path: Path) -> None:
    told = fetch_recipe(several(tmp_path), None).splitlines()
    assert [line.partition(":")[0] for line in told] == [f"{tmp_path}/rows", f"{tmp_path}/wording"]
    assert there(tmp_path / "rows") == {"data/scb_kv.jsonl", "data/scb_vt.jsonl", "manifest.json"}
    assert there(tmp_path / "wording") == {"prompts/kv.txt", "manifest.json"}
    hub.down = True
    assert len(fetch_recipe(several(tmp_path), None).splitlines()) == 2


def test_several_sources_are_copied_from_their_folders_or_from_one(
    folder: Path, hub: HubServer, tmp_path: Path
) -> None:
    fetch_recipe(several(tmp_path / "first"), None)
    for origin in (tmp_path / "first", folder):
        copy = tmp_path / f"copy_of_{origin.name}"
        fetch_recipe(several(copy), origin)
        assert there(copy / "wording") == {"prompts/kv.txt", "manifest.json"}


def test_a_wrong_key_of_one_of_several_sources_is_told(tmp_path: Path) -> None:
    config = several(tmp_path)
    config.benchmark["fetch"][1]["revison"] = "x"
    with pytest.raises(ConfigError, match=r"unknown key 'benchmark\.fetch\.1\.revison'"):
        fetch_recipe(config, None)


def test_a_recipe_without_official_files_says_so() -> None:
    told = fetch_recipe(Composer().compose(["recipe=file", "benchmark.path=rows.jsonl"]), None)
    assert told == "file needs no official files"


# From a folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "official" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "official"


def test_files_are_copied_without_network(folder: Path, tmp_path: Path) -> None:
    manifest = fetch(SOURCE, tmp_path / "data", folder)
    assert there(tmp_path / "data") == {*WANTED, "manifest.json"}
    assert (tmp_path / "data/data/scb_kv.jsonl").read_bytes() == KV
    assert (manifest.origin, manifest.revision) == (str(folder), None)


def test_a_folder_fetched_elsewhere_hands_on_its_revision(hub: HubServer, tmp_path: Path) -> None:
    first = fetch(SOURCE, tmp_path / "first")
    second = fetch(SOURCE, tmp_path / "second", tmp_path / "first")
    assert (second.revision, second.files) == (REVISION, first.files)


def test_a_copy_that_differs_from_its_manifest_is_refused(hub: HubServer, tmp_path: Path) -> None:
    fetch(SOURCE, tmp_path / "first")
    (tmp_path / "first/prompts/kv.txt").write_bytes(b"changed")
    with pytest.raises(DataError, match=r"prompts/kv\.txt: not the content that .*manifest\.json"):
        fetch(SOURCE, tmp_path / "second", tmp_path / "first")
    assert read_manifest(tmp_path / "second") is None


def test_a_folder_can_be_recorded_in_place(folder: Path) -> None:
    assert fetch(SOURCE, folder, folder).files.keys() == WANTED
    assert there(folder) == {*FILES, "manifest.json"}


def test_a_missing_folder_and_a_missing_file_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none: no such folder; --from"):
        fetch(SOURCE, tmp_path / "data", tmp_path / "none")
    (folder / "prompts/kv.txt").unlink()
    with pytest.raises(DataError, match=r"official: no file 'prompts/kv\.txt'"):
        fetch(SOURCE, tmp_path / "data", folder)


def test_an_unreadable_manifest_is_told(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"origin": 3}))
    with pytest.raises(DataError, match=r"manifest\.json: .*; remove it and fetch again"):
        fetch(SOURCE, tmp_path)
