"""Where recipes, models, cards and numbers of papers are: of evalrun, of plugins, of the user.

A tree is a folder with a folder for each group: `recipe/`, `model/`, `kv/`, `cards/`, `papers/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from ..core.errors import ConfigError
from ..core.plugins import RECIPES, Plugin, plugins

TREE = Path(__file__).resolve().parent.parent / "recipes"


class Tree(msgspec.Struct, frozen=True):
    """A folder of YAML, and whose it is: evalrun's, a distribution's, or the user's `own`."""

    folder: Path
    whose: str
    own: bool = False

    def files(self, group: str) -> list[Path]:
        """Return the options of `group`, by name."""
        return sorted((self.folder / group).glob("*.yaml"))


def search_path(own: Sequence[Path] = ()) -> tuple[Tree, ...]:
    """Return evalrun's tree, those of plugins by name, and the user's `own`, each folder once.

    No plugin is imported, and one whose tree is not there is passed over (`broken_trees`). Raises
    ConfigError for a folder of the user's that holds no group.
    """
    trees = [Tree(TREE, "evalrun"), *_of_plugins(), *(_of_user(folder) for folder in own)]
    return tuple({tree.folder: tree for tree in reversed(trees)}.values())[::-1]


def broken_trees() -> list[str]:
    """Return what is wrong with plugins whose recipes are not to be found, a line each."""
    return [str(error) for error in map(_missing, plugins(RECIPES)) if error is not None]


def tree_of(plugin: Plugin) -> Path:
    """Return the folder of the package that an entry point of `evalrun.recipes` names.

    Nothing of the package is imported. Raises ConfigError naming the distribution.
    """
    top, *inner = plugin.point.value.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError) as error:
        raise plugin.broken(str(error)) from None
    if spec is None:
        raise plugin.broken(f"no package named {top!r}")
    for location in spec.submodule_search_locations or ():
        folder = Path(location, *inner).resolve()
        if folder.is_dir():
            return folder
    raise plugin.broken(f"{plugin.point.value} is no package with YAML files")


def _of_plugins() -> Iterator[Tree]:
    for plugin in plugins(RECIPES):
        try:
            folder = tree_of(plugin)
        except ConfigError:  # `broken_trees` tells
            continue
        yield Tree(folder, plugin.distribution)


def _missing(plugin: Plugin) -> ConfigError | None:
    try:
        tree_of(plugin)
    except ConfigError as error:
        return error
    return None


def _of_user(folder: Path) -> Tree:
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder of recipes{_hint(folder.parent.glob('*'))}")
    if not _is_tree(folder):
        near = _hint([*folder.glob("*"), folder.resolve().parent])
        groups = "recipe/, model/, kv/, ..."
        raise ConfigError(f"{folder}: no recipes in it; it should hold folders {groups}{near}")
    return Tree(folder.resolve(), str(folder), own=True)


def _is_tree(folder: Path) -> bool:
    return folder.is_dir() and any((folder / group.name).is_dir() for group in _groups())


def _groups() -> Iterator[Path]:
    return (path for path in TREE.iterdir() if path.is_dir() and not path.name.startswith("_"))


def _hint(folders: Iterable[Path]) -> str:
    """Return where recipes are instead, if they are in one of `folders`."""
    near = next(filter(_is_tree, sorted(folders)), None)
    return f"; did you mean {near}?" if near else ""
