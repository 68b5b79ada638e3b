"""The source is read by the oldest Python that the distribution asks for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from source_tree import ROOMS, ROOT


def oldest() -> str:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = re.search(r'^requires-python = ">=(.+)"$', text, flags=re.MULTILINE)
    assert declared
    return declared[1]


def interpreter(version: str) -> str | None:
    """Return a Python of `version` that works, if this machine has one."""
    command = shutil.which(f"python{version}")
    if command is None:
        return None
    tried = subprocess.run([command, "-c", ""], capture_output=True, check=False)
    return command if tried.returncode == 0 else None


def test_types_and_style_are_checked_for_the_oldest_python() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'target-version = "py{oldest().replace(".", "")}"' in text
    assert f'pythonVersion = "{oldest()}"' in text


def test_every_module_and_test_compiles_for_the_oldest_python(tmp_path: Path) -> None:
    python = interpreter(oldest())
    if python is None:
        pytest.skip(f"needs Python {oldest()}")
    done = subprocess.run(
        [python, "-m", "compileall", "-q", *ROOMS, "tests", "setup.py"],
        cwd=ROOT,
        env={"PYTHONPYCACHEPREFIX": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
