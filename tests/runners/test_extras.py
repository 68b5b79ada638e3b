"""What an installation has of its extras, by the metadata of what is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalrun.runners.extras import extras_of


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose distributions are installed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(site: Path, name: str, version: str, *lines: str) -> None:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    head = ("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}")
    (folder / "METADATA").write_text("\n".join([*head, *lines]) + "\n")


def states(distribution: str) -> dict[str, str]:
    return {extra.name: extra.state for extra in extras_of(distribution)}


def test_an_extra_is_installed_when_all_it_brings_is(site: Path) -> None:
    install(
        site,
        "evalrun_demo",
        "1.0",
        "Provides-Extra: one",
        'Requires-Dist: demo_part<2,>=1; extra == "one"',
    )
    install(site, "demo_part", "1.5")
    assert states("evalrun_demo") == {"one": "installed"}


def test_what_is_missing_or_of_another_release_is_named(site: Path) -> None:
    install(
        site,
        "evalrun_demo",
        "1.0",
        "Provides-Extra: one",
        'Requires-Dist: demo_absent_a; extra == "one"',
        'Requires-Dist: demo_absent_b; extra == "one"',
        'Requires-Dist: demo_part>=2; extra == "one"',
    )
    install(site, "demo_part", "1.5")
    assert states("evalrun_demo") == {
        "one": "missing demo_absent_a, demo_absent_b; demo_part 1.5 is not >=2"
    }


def test_an_extra_brings_what_the_extras_it_names_bring(site: Path) -> None:
    install(
        site,
        "evalrun_demo",
        "1.0",
        "Provides-Extra: all",
        "Provides-Extra: one",
        'Requires-Dist: evalrun_demo[one]; extra == "all"',
        'Requires-Dist: demo_part[deep]; extra == "one"',
    )
    install(
        site,
        "demo_part",
        "1.5",
        "Provides-Extra: deep",
        "Requires-Dist: demo_unrelated",
        'Requires-Dist: demo_absent; extra == "deep"',
    )
    assert states("evalrun_demo") == {"all": "missing demo_absent", "one": "missing demo_absent"}


def test_extras_that_name_each_other_end(site: Path) -> None:
    install(
        site,
        "evalrun_demo",
        "1.0",
        "Provides-Extra: one",
        "Provides-Extra: two",
        'Requires-Dist: evalrun_demo[two]; extra == "one"',
        'Requires-Dist: evalrun_demo[one]; extra == "two"',
    )
    assert states("evalrun_demo") == {"one": "installed", "two": "installed"}


def test_what_another_system_needs_and_the_core_does_not_count(site: Path) -> None:
    install(
        site,
        "evalrun_demo",
        "1.0",
        "Provides-Extra: one",
        "Requires-Dist: demo_absent_core",
        'Requires-Dist: demo_absent; sys_platform == "amiga" and extra == "one"',
    )
    assert states("evalrun_demo") == {"one": "installed"}


def test_every_extra_of_evalrun_is_told() -> None:
    told = states("evalrun")
    assert {"local", "api", "scbench", "report", "dev"} <= set(told)
    assert all(told.values())
