"""Official files into a folder, with a manifest that says where they came from."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any

import msgspec

from ..core.config import Config, Section
from ..core.errors import ConfigError, DataError
from ..core.hashing import md5_of_file, sha256_of_file
from ..core.lease import lease
from ..core.source import MANIFEST, FetchedFile, FileSource, Manifest, read_manifest, sources_of
from ..core.suggest import did_you_mean
from .agreement.options import read_request
from .compose import Composer
from .download import download
from .folder import write_atomically
from .git_archive import archive_of
from .hub import Hub

# Who fills a folder of official files holds this in it.
_LEASE = ".fetch.lease"


def fetch_named(
    composer: Composer, name: str, overrides: Sequence[str], from_dir: Path | None
) -> str:
    """Fetch the files of the recipe `name`, be it of runs or of agreement tests."""
    if name in composer.options("agreement"):
        options = read_request(composer, [f"recipe={name}", *overrides]).options
        section = {"fetch": options.fetch, "data_dir": options.data_dir}
        return _fetched_files(name, section, from_dir)
    return fetch_recipe(composer.compose([f"recipe={name}", *overrides]), from_dir)


def fetch_recipe(config: Config, from_dir: Path | None) -> str:
    """Fetch the official files of a recipe and return what was done, a line a source.

    They go to `benchmark.data_dir` and come from `benchmark.fetch`: a source, or a list of them.
    Raises DataError, ConfigError.
    """
    return _fetched_files(config.recipe.name, config.benchmark, from_dir)


def fetch(source: FileSource, target: Path, from_dir: Path | None = None) -> Manifest:
    """Bring the files of `source` to `target`, checked, and return their manifest.

    Files that are there already, as the manifest records them, are not fetched again; of several
    processes that want them at once, one fetches and the others find them. Every file is
    compared with the hub's own checksum; with `from_dir`, with that folder's manifest if it
    has one. The manifest is written last, so a folder with one is complete. Raises DataError.
    """
    present = None if from_dir else complete(source, target)
    if present is not None:
        return present
    place = _Target(target)
    with place.held():
        present = None if from_dir else complete(source, target)
        if present is not None:
            return present
        manifest = _copied(source, from_dir, place) if from_dir else _downloaded(source, place)
        place.write_manifest(manifest)
    return manifest


def complete(source: FileSource, target: Path) -> Manifest | None:
    """Return the manifest of `target` if it holds all files of `source`. Raises DataError."""
    present = read_manifest(target)
    return present if present is not None and _is_complete(present, source, target) else None


def places_of(section: Section) -> list[tuple[FileSource, Path]]:
    """Return the sources of a section `benchmark`, each with the folder that its files go to.

    Raises ConfigError.
    """
    sources = sources_of(section.get("fetch"))
    data_dir = section.get("data_dir")
    if sources and data_dir is None:
        raise ConfigError("where the files go is not said: benchmark.data_dir=DIR")
    return [(source, Path(str(data_dir)) / source.into) for source in sources]


def _fetched_files(name: str, section: Section, from_dir: Path | None) -> str:
    places = places_of(section)
    if not places:
        return f"{name} needs no official files"
    return "\n".join(_fetched(source, target, from_dir) for source, target in places)


def _fetched(source: FileSource, target: Path, from_dir: Path | None) -> str:
    """Fetch one source and say so; a copy may have its folder or hold the files directly."""
    if from_dir is not None and (from_dir / source.into).is_dir():
        from_dir = from_dir / source.into
    manifest = fetch(source, target, from_dir)
    size = sum(file.size for file in manifest.files.values()) / 1e6
    revision = manifest.revision or "an unknown revision"
    return (
        f"{target}: {len(manifest.files)} files, {size:.1f} MB, {manifest.repo} at {revision} "
        f"from {manifest.origin}"
    )


class _Target:
    """The folder that files go to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(path, error) from None

    @contextmanager
    def held(self) -> Generator[None]:
        """Let one process at a time fill the folder. Raises DataError."""
        with ExitStack() as stack:
            try:
                stack.enter_context(lease(self.path / _LEASE, what=f"fetches {self.path}"))
            except OSError as error:
                raise _unwritable(self.path, error) from None
            yield

    def forget(self) -> None:
        """Remove the manifest, which would not tell the truth about files that are replaced."""
        (self.path / MANIFEST).unlink(missing_ok=True)

    def copy(self, source: Path, name: str) -> Path:
        """Copy a file to `name`, whole or not at all. Raises DataError."""
        final = self.path / name
        try:
            if final.exists() and final.samefile(source):
                return final
            with source.open("rb") as content:
                return self.write(name, content)
        except OSError as error:
            raise _unwritable(Path(error.filename or final), error) from None

    def write(self, name: str, content: IO[bytes]) -> Path:
        """Write `content` to `name`, whole or not at all. Raises DataError."""
        final = self.path / name
        part = final.with_name(final.name + ".part")
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                shutil.copyfileobj(content, file)
            return part.replace(final)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise _unwritable(Path(error.filename or final), error) from None

    def write_manifest(self, manifest: Manifest) -> None:
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode()
        write_atomically(self.path / MANIFEST, text + "\n")


def _downloaded(source: FileSource, target: _Target) -> Manifest:
    if source.url is not None:
        return _of_web(source, source.url, target)
    return _of_archive(source, target) if source.git else _of_hub(source, target)


def _of_web(source: FileSource, folder: str, target: _Target) -> Manifest:
    """Bring files that `md5` tells whole; those that are there already are left as they are."""
    target.forget()
    files: dict[str, FetchedFile] = {}
    for name in source.files:
        local = target.path / name
        if not local.is_file() or md5_of_file(local) != source.md5_of(name):
            local = _from_web(f"{folder}/{name}", name, target)
        files[name] = _verified(local, name, source)
    return _manifest(source, folder, None, files)


def _from_web(address: str, name: str, target: _Target) -> Path:
    with tempfile.TemporaryFile() as content:
        download(address, content, unknown="check benchmark.fetch", secure=True)
        content.seek(0)
        return target.write(name, content)


def _of_archive(source: FileSource, target: _Target) -> Manifest:
    with archive_of(source) as archive:
        names = _selected(source.files, archive.names(), archive.origin)
        target.forget()
        files = {name: _noted(target.write(name, archive.open(name))) for name in names}
    return _manifest(source, archive.origin, source.revision, files)


def _of_hub(source: FileSource, target: _Target) -> Manifest:
    hub = Hub(source)
    offered = {file.path: file for file in hub.files()}
    files: dict[str, FetchedFile] = {}
    names = _selected(source.files, offered, hub.origin)
    target.forget()
    for name in names:
        local = hub.download(offered[name], target.path)
        files[name] = FetchedFile(offered[name].verify(local), local.stat().st_size)
    # The client's own notes of what it downloaded; the manifest says the same.
    shutil.rmtree(target.path / ".cache" / "huggingface", ignore_errors=True)
    return _manifest(source, hub.origin, source.revision, files)


def _copied(source: FileSource, from_dir: Path, target: _Target) -> Manifest:
    if not from_dir.is_dir():
        raise DataError(f"{from_dir}: no such folder; --from takes one with the official files")
    recorded = read_manifest(from_dir)
    offered = {
        path.relative_to(from_dir).as_posix(): path
        for path in sorted(from_dir.rglob("*"))
        if path.is_file() and _LEASE not in path.parts
    }
    files: dict[str, FetchedFile] = {}
    names = _selected(source.files, offered, str(from_dir))
    target.forget()
    for name in names:
        local = target.copy(offered[name], name)
        files[name] = _verified(local, name, source)
        expected = recorded.files.get(name) if recorded else None
        if expected is not None and expected != files[name]:
            raise DataError(
                f"{offered[name]}: not the content that {from_dir / MANIFEST} records; "
                "copy the file again"
            )
    known = recorded is not None and files.keys() <= recorded.files.keys()
    revision = recorded.revision if recorded and known else None
    return _manifest(source, str(from_dir.resolve()), revision, files)


def _verified(path: Path, name: str, source: FileSource) -> FetchedFile:
    """Note the file `name` of a source. Raises DataError when its checksum is another."""
    wanted = source.md5_of(name)
    found = md5_of_file(path) if wanted else None
    if found != wanted:
        raise DataError(f"{path}: its MD5 is {found}, not {wanted}: another version, or damaged")
    return _noted(path)


def _noted(path: Path) -> FetchedFile:
    return FetchedFile(sha256_of_file(path), path.stat().st_size)


def _selected(patterns: Sequence[str], offered: Iterable[str], place: str) -> list[str]:
    """Return the offered names that match a pattern. Raises DataError for one without a match.

    A copy of the files need not have the repository's folders: where no path matches, names do.
    """
    names = sorted(offered)
    chosen: dict[str, None] = {}
    for pattern in patterns:
        file_pattern = pattern.rpartition("/")[2]
        matching = [name for name in names if fnmatchcase(name, pattern)] or [
            name for name in names if fnmatchcase(name.rpartition("/")[2], file_pattern)
        ]
        if not matching:
            raise DataError(f"{place}: no file {pattern!r}; {did_you_mean(pattern, names)}")
        chosen.update(dict.fromkeys(matching))
    return list(chosen)


def _is_complete(manifest: Manifest, source: FileSource, target: Path) -> bool:
    return (
        (manifest.repo, manifest.revision) == (source.repository, source.revision or None)
        and all(
            any(fnmatchcase(name, pattern) for name in manifest.files) for pattern in source.files
        )
        and all(_has_size(target / name, file.size) for name, file in manifest.files.items())
    )


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _manifest(
    source: FileSource, origin: str, revision: str | None, files: dict[str, FetchedFile]
) -> Manifest:
    now: Any = datetime.now(timezone.utc)
    return Manifest(
        origin=origin,
        repo=source.repository,
        revision=revision,
        files=files,
        fetched_at=now.isoformat(timespec="seconds"),
    )


def _unwritable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{path}: {error.strerror}; make room, or choose another place: benchmark.data_dir=DIR"
    )
