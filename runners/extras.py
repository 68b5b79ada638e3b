"""The extras that evalrun's distribution names, and whether what they bring is installed."""

from __future__ import annotations

from collections.abc import Iterator, Set
from importlib.metadata import PackageNotFoundError, metadata, requires, version

import msgspec
from packaging.requirements import Requirement


class Extra(msgspec.Struct, frozen=True):
    """An extra; of what it brings, the distributions `missing` and those of another release."""

    name: str
    missing: tuple[str, ...]
    unfit: tuple[str, ...]

    @property
    def state(self) -> str:
        """What is said of it: "installed", or what is not as it should be."""
        missing = [f"missing {', '.join(self.missing)}"] if self.missing else []
        return "; ".join([*missing, *self.unfit]) or "installed"


def extras_of(distribution: str) -> list[Extra]:
    """Return the extras of an installed distribution, by name, from its metadata alone.

    Raises PackageNotFoundError if it is not installed.
    """
    names = metadata(distribution).get_all("Provides-Extra") or []
    return [_extra(distribution, name) for name in sorted(names)]


def _extra(distribution: str, name: str) -> Extra:
    """Return an extra as it stands here; each distribution is told of once."""
    missing: dict[str, None] = {}
    unfit: dict[str, None] = {}
    for requirement in _brought(distribution, name, frozenset()):
        found = _version(requirement.name)
        if found is None:
            missing[requirement.name] = None
        elif not requirement.specifier.contains(found, prereleases=True):
            unfit[f"{requirement.name} {found} is not {requirement.specifier}"] = None
    return Extra(name, tuple(missing), tuple(unfit))


def _brought(distribution: str, extra: str, above: Set[str]) -> Iterator[Requirement]:
    """Yield what an extra requires, and what the extras do that it names; one may name itself."""
    here = f"{distribution}[{extra}]"
    if here in above:
        return
    for line in requires(distribution) or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if (
            marker is None
            or marker.evaluate({"extra": ""})
            or not marker.evaluate({"extra": extra})
        ):
            continue
        yield requirement
        for inner in sorted(requirement.extras):
            if _version(requirement.name) is not None:
                yield from _brought(requirement.name, inner, {*above, here})


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
