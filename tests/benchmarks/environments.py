"""Virtual environments for the programs that evalrun is compared with, made once and kept."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import msgspec


class Package(msgspec.Struct, frozen=True):
    """What is installed: `name` at `version` if the index has it, else the newest, and `others`."""

    name: str
    version: str
    extra: str = ""
    others: tuple[str, ...] = ()

    @property
    def wanted(self) -> str:
        return f"{self.name}{self.extra}=={self.version}"


INSPECT = Package("inspect-ai", "0.3.285", others=("openai",))
LM_EVAL = Package("lm-eval", "0.4.13", extra="[api]")


def litellm_package() -> Package:
    """Return LiteLLM as evalrun's own environment has it."""
    try:
        return Package("litellm", importlib.metadata.version("litellm"))
    except importlib.metadata.PackageNotFoundError:
        return Package("litellm", "1.106.2")


def programs(package: Package, envs: Path) -> Path:
    """Return the folder of the programs of `package`, installed below `envs` if it is not yet."""
    home = envs / f"{package.name}-{package.version}"
    done = home / "installed"
    if not done.exists():
        shutil.rmtree(home, ignore_errors=True)
        print(f"installing {package.wanted} in {home}", file=sys.stderr)
        venv.create(home, with_pip=True)
        _install(package, home / "bin" / "python")
        done.touch()
    return home / "bin"


def installed_versions(package: Package, envs: Path) -> str:
    """Return the versions of the package and of the others, as they are."""
    names = (package.name, *package.others)
    code = f"from importlib.metadata import version as v; print(*map(v, {names}))"
    python = programs(package, envs) / "python"
    shown = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    found = zip(names, shown.stdout.split(), strict=True)
    return ", ".join(f"{name} {version}" for name, version in found)


def _install(package: Package, python: Path) -> None:
    pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    pinned = subprocess.run([*pip, package.wanted, *package.others], check=False)
    if pinned.returncode:
        newest = f"{package.name}{package.extra}"
        print(f"{package.wanted} is not to be had; taking the newest", file=sys.stderr)
        subprocess.run([*pip, newest, *package.others], check=True)
