"""The example package of the docs: built, installed, used by the command, and taken away again."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from source_tree import ROOT, files_of

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "docs" / "examples" / "evalrun-vowels"
BUILT = shutil.ignore_patterns("__pycache__", "build", "dist", "*.egg-info", ".*_cache")
EVALRUN = "from evalrun.cli.main import main; main()"
BY_RULE = ("recipe=vowels", "model=vowel_counter")


class World(msgspec.Struct, frozen=True):
    """An environment of its own that sees the packages of this one, and a folder to work in."""

    environment: Path
    folder: Path

    @property
    def python(self) -> str:
        return str(self.environment / "bin" / "python")

    @property
    def packages(self) -> Path:
        names = {"base": str(self.environment), "platbase": str(self.environment)}
        return Path(sysconfig.get_path("purelib", "venv", names))

    def evalrun(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-c", EVALRUN, *arguments],
            cwd=self.folder,
            env={**os.environ, "OMP_NUM_THREADS": "1", **variables},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def done(self, *arguments: str, **variables: str) -> str:
        """Return what a command printed; it has to succeed."""
        done = self.evalrun(*arguments, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """Return the one line by which a command is refused."""
        done = self.evalrun(*arguments)
        assert done.returncode == 2, done.stderr
        [line] = done.stderr.splitlines()
        return line

    def announce(self, name: str, entry_points: str) -> Path:
        """Install a distribution that has nothing but entry points; return its description."""
        info = self.packages / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        return info


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the package from a copy, with what is installed here: nothing is fetched."""
    source = tmp_path_factory.mktemp("source") / "package"
    shutil.copytree(EXAMPLE, source, ignore=BUILT)
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(out), str(source))
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a new environment in which everything that is installed here is there as well."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    world = World(folder, folder)
    paths = [path for path in site.getsitepackages() if Path(path).is_dir()]
    lines = [f"import site; site.addsitedir({path!r})\n" for path in paths]
    (world.packages / "all_of_this_environment.pth").write_text("".join(lines))
    return folder


@pytest.fixture
def world(bare: Path, wheel: Path, tmp_path: Path) -> Iterator[World]:
    """Install the package, and uninstall it."""
    world = World(bare, tmp_path)
    pip = (sys.executable, "-m", "pip", "--python", world.python)
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel))
    yield world
    run(*pip, "uninstall", "--quiet", "--yes", "evalrun-vowels")
    for info in world.packages.glob("*.dist-info"):
        shutil.rmtree(info)


def cells_of(results: Path) -> dict[tuple[str, str], float]:
    cells = json.loads(results.read_text(encoding="utf-8"))["cells"]
    return {(cell["name"], cell["metric"]): cell["value"] for cell in cells}


def test_the_wheel_holds_the_code_the_words_and_the_recipes(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = files_of("docs/examples/evalrun-vowels/src/evalrun_vowels")
    assert held == {
        path.relative_to(EXAMPLE.relative_to(ROOT) / "src").as_posix() for path in package
    }


def test_the_package_is_found_and_told_of(world: World) -> None:
    plugins = world.done("ls", "plugins")
    for kind in ("benchmarks", "models", "scorers", "protocols", "kv", "recipes"):
        assert any("evalrun-vowels 1.0.0" in line and kind in line for line in plugins.splitlines())
    [listed] = [line for line in world.done("ls", "recipes").splitlines() if "| vowels" in line]
    assert "evalrun-vowels 1.0.0" in listed
    assert "evenly" in world.done("ls", "kv")
    assert "# measures  Whether a model can count" in world.done("show", "vowels")
    [state] = [line for line in world.done("doctor").splitlines() if "evalrun-vowels" in line]
    assert "works" in state
    assert "needs no official files" in world.done("fetch", "vowels")


def test_its_benchmark_model_scorer_and_protocol_make_a_run(world: World) -> None:
    doubted = ("protocol=second_thoughts", "protocol.times=2", "scorer.take=first")
    world.done(*BY_RULE, "model.overlooks=u", *doubted)
    [folder] = (world.folder / "outputs" / "vowels" / "vowel_counter").iterdir()
    values = cells_of(folder / "results.json")
    assert values["short_words", "accuracy"] == pytest.approx(4 / 5)
    assert values["long_words", "closeness"] == pytest.approx((6 + 1 / 2) / 7)
    rows = [json.loads(line) for line in (folder / "predictions.jsonl").open(encoding="utf-8")]
    assert len(rows) == 12
    assert all(len(row["intermediate"]) == 2 for row in rows)


def test_its_runs_stand_beside_the_numbers_that_it_ships(world: World) -> None:
    world.done(*BY_RULE, "model.overlooks=u")
    table = world.done("table", "outputs", "--paper")
    assert "reported: vowel_counter (does not see u), baselines" in table
    [difference] = [line for line in table.splitlines() if line.startswith("| difference")]
    assert difference.count("+0.0 [") == 3


def test_official_rows_and_finished_runs_are_graded_by_its_scorer(world: World) -> None:
    (world.folder / "words.csv").write_text("word,vowels\nfig,1\npear,2\n")
    (world.folder / "mine.jsonl").write_text(
        '{"index": 0, "prediction": "one"}\n{"index": 1, "prediction": "1 or 2"}\n'
    )
    given = ("rows=words.csv", "predictions=mine.jsonl")
    assert "| short_words | accuracy  |   100.0 |" in world.done("score", "recipe=vowels", *given)
    first = world.done("score", "recipe=vowels", *given, "scorer.take=first")
    assert "| short_words | accuracy  |    50.0 |" in first
    world.done(*BY_RULE)
    assert "count[take=first]" in world.done("rescore", "outputs/vowels", "scorer.take=first")


@pytest.mark.model
def test_its_kv_method_keeps_what_it_says_of_a_real_model(world: World) -> None:
    chosen = ("recipe=vowels", "model=smollm2", "kv=evenly", "kv.compression_ratio=0.5")
    world.done(*chosen, "run.limit=1", "run.cache=false")
    [path] = (world.folder / "outputs" / "vowels").rglob("predictions.jsonl")
    for line in path.open(encoding="utf-8"):
        kv = json.loads(line)["kv"]
        assert kv["method"] == "evenly-50%"
        assert kv["tokens_kept"] == round(kv["tokens_seen"] * 0.5)
        assert set(kv["tokens_kept_per_layer"]) == {kv["tokens_kept"]}


@pytest.mark.parametrize("arguments", [["--help"], ["ls"], ["ls", "plugins"]], ids=" ".join)
def test_looking_around_imports_nothing_of_it(world: World, arguments: list[str]) -> None:
    done = subprocess.run(
        [world.python, "-X", "importtime", "-c", EVALRUN, *arguments],
        cwd=world.folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    assert "evalrun.cli.main" in done.stderr
    assert "evalrun_vowels" not in done.stderr


def test_a_broken_plugin_is_one_line_and_hinders_nobody_else(world: World) -> None:
    (world.packages / "evalrun_broken.py").write_text("import no_such_library\n")
    world.announce(
        "evalrun-broken",
        "[evalrun.scorers]\nbroken = evalrun_broken:Scorer\nnowhere = evalrun_nowhere:Scorer\n"
        "[evalrun.recipes]\nbroken = evalrun_nowhere.recipes\n",
    )
    line = world.refused(*BY_RULE, "scorer.name=broken")
    assert "plugin evalrun-broken 1.0 does not work" in line
    assert "(evalrun.scorers: broken = evalrun_broken:Scorer)" in line
    assert "No module named 'no_such_library'" in line
    unknown = world.refused("recipe=vowls", "model=vowel_counter")
    assert "did you mean 'vowels'?" in unknown
    assert "(evalrun.recipes: broken = evalrun_nowhere.recipes): no package named" in unknown
    world.done(*BY_RULE)
    assert "evalrun_broken:Scorer" in world.done("ls", "plugins")
    told = world.done("doctor")
    assert "plugin evalrun-vowels 1.0.0" in told
    assert "no_such_library" in " ".join(told.split())


def test_a_plugin_takes_the_place_of_nothing(world: World) -> None:
    package = world.packages / "evalrun_greedy"
    for group, name, text in (
        ("recipe", "file", "# @package _global_\nrecipe: {name: file, title: Mine}\n"),
        ("model", "mine", "engine: constant\nname: mine\ntext: Yes.\n"),
    ):
        (package / group).mkdir(parents=True)
        (package / group / f"{name}.yaml").write_text(text)
    world.announce(
        "evalrun-greedy",
        "[evalrun.scorers]\nexact = evalrun_greedy:Scorer\ncount = evalrun_greedy:Scorer\n"
        "[evalrun.recipes]\ngreedy = evalrun_greedy\n",
    )
    line = world.refused("recipe=file", "benchmark.path=x.jsonl")
    assert "recipe=file is defined twice" in line
    assert str(ROOT / "recipes" / "recipe" / "file.yaml") in line
    assert str(package / "recipe" / "file.yaml") in line
    assert "(evalrun-greedy 1.0)" in line
    twice = world.refused(*BY_RULE)
    assert "scorers 'count' is announced by evalrun-greedy 1.0 and evalrun-vowels 1.0.0" in twice
    assert "engine: constant" in world.done("show", "vowels", "model=mine", "scorer=exact")
    assert "evalrun has one of this name itself" in " ".join(world.done("doctor").split())


def test_without_it_evalrun_is_as_before(bare: Path, tmp_path: Path) -> None:
    world = World(bare, tmp_path)
    assert "evalrun-vowels" not in world.done("ls", "plugins")
    assert "unknown recipe 'vowels'" in world.refused("recipe=vowels")
    assert "quickstart" in world.done("ls", "recipes")
