"""Data of NLTK, small enough to read: what its readers need, in its own formats."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalrun.scorers.instructions import english

_FOLDERS = {
    "punkt_tab": "tokenizers/punkt_tab/english",
    "stopwords": "corpora/stopwords",
    "averaged_perceptron_tagger_eng": "taggers/averaged_perceptron_tagger_eng",
}
_TAGGER = "averaged_perceptron_tagger_eng"
_FILES = {
    "tokenizers/punkt_tab/english/abbrev_types.txt": "dr\nmr\n",
    "tokenizers/punkt_tab/english/collocations.tab": "",
    "tokenizers/punkt_tab/english/ortho_context.tab": "",
    "tokenizers/punkt_tab/english/sent_starters.txt": "",
    "corpora/stopwords/english": "the\nof\n",
    # Known words have their tag, the others the likeliest without any other sign.
    f"taggers/{_TAGGER}/{_TAGGER}.weights.json": json.dumps({"bias": {"NN": 1.0, "VB": 0.5}}),
    f"taggers/{_TAGGER}/{_TAGGER}.tagdict.json": json.dumps({"Take": "VB", "is": "VBZ"}),
    f"taggers/{_TAGGER}/{_TAGGER}.classes.json": json.dumps(["NN", "VB", "VBZ"]),
}


class NLTKData:
    """A folder with data of NLTK."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in _FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def remove(self, package: str) -> None:
        """Take a package away, as if it had never been fetched."""
        shutil.rmtree(self.folder / _FOLDERS[package])


@pytest.fixture
def nltk_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NLTKData]:
    """Put small data of NLTK in place of those of the machine."""
    nltk = pytest.importorskip("nltk")
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path / "nltk_data")])
    _forget()
    yield NLTKData(tmp_path / "nltk_data")
    _forget()


def _forget() -> None:
    for loaded in (english.stop_words, english._sentence_tokenizer, english._tagger):
        loaded.cache_clear()
