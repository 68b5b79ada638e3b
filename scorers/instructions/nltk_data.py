"""The data that NLTK reads English with: packages of its own index, fetched apart."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ...core.cache import cache_dir
from ...core.errors import DataError, MissingExtraError, UnreachableError
from ...core.interfaces import Asset, Found
from ...core.lease import lease
from ...core.tree import size_of

# Each package, and what of it is read.
_PACKAGES = {
    "punkt_tab": "tokenizers/punkt_tab/english",
    "stopwords": "corpora/stopwords",
    "averaged_perceptron_tagger_eng": "taggers/averaged_perceptron_tagger_eng",
}


def nltk_assets() -> Sequence[Asset]:
    """Return the packages that checks of instructions read."""
    return tuple(NLTKPackage(name) for name in _PACKAGES)


def look_in_cache() -> None:
    """Have NLTK look into the user's cache too, after its own places. Raises ImportError."""
    import nltk.data

    folder = str(_folder())
    if folder not in nltk.data.path:
        nltk.data.path.append(folder)


class NLTKPackage(msgspec.Struct, frozen=True):
    """One package. EVALRUN_NLTK_INDEX is the address of a mirror's index."""

    package: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"NLTK's {self.package}"

    def found(self) -> Found | None:
        """Look for it wherever NLTK does."""
        try:
            look_in_cache()
            import nltk.data

            place = Path(str(nltk.data.find(_PACKAGES[self.package])))
        except (ImportError, LookupError):
            return None
        return Found(place, size_of(place))

    def fetch(self) -> Found:
        """Have NLTK download it into the user's cache. Raises MissingExtraError, DataError."""
        try:
            from nltk.downloader import Downloader
        except ImportError:
            raise MissingExtraError(self.name, "livebench") from None
        try:
            with lease(_folder() / ".fetch.lease", what=f"downloads {self.name}"):
                index = os.environ.get("EVALRUN_NLTK_INDEX")
                downloader = Downloader(server_index_url=index, download_dir=str(_folder()))
                # What it would print is raised as well.
                nowhere = io.StringIO()
                downloader.download(
                    self.package, quiet=True, raise_on_error=True, print_error_to=nowhere
                )
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise UnreachableError(
                f"{self.name}: {reason}; try again, or put it into {_folder()}"
            ) from None
        found = self.found()
        if found is None:
            raise DataError(f"{self.name}: not what NLTK reads; remove {_folder()} and try again")
        return found


def _folder() -> Path:
    return cache_dir() / "nltk_data"
