"""English text as NLTK reads it: sentences, tokens, parts of speech. Its data are fetched apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from ...core.errors import DataError, MissingExtraError
from .nltk_data import look_in_cache


def nltk_sentences(text: str) -> list[str]:
    """Return the sentences of `text` by Punkt (Kiss and Strunk 2006).

    Raises DataError, MissingExtraError.
    """
    return _sentence_tokenizer().tokenize(text)


def tokens(text: str) -> list[str]:
    """Return the tokens of `text` as the Penn Treebank has them, sentence after sentence.

    As `nltk.word_tokenize` does. Raises DataError, MissingExtraError.
    """
    sentences = nltk_sentences(text)
    tokenizer = _word_tokenizer()
    return [token for sentence in sentences for token in tokenizer.tokenize(sentence)]


def first_tag(words: Sequence[str]) -> str:
    """Return the Penn Treebank tag of the first of `words`, at least one.

    As `nltk.pos_tag` does, whose averaged perceptron sees the two words behind it and no more.
    Raises DataError, MissingExtraError.
    """
    return _tagger().tag(list(words[:3]))[0][1]


@cache
def stop_words() -> frozenset[str]:
    """Return NLTK's English stop words. Raises DataError, MissingExtraError."""

    def load() -> Any:
        import nltk.data

        return nltk.data.load("corpora/stopwords/english", format="text", cache=False)

    return frozenset(str(_loaded("stopwords", load)).split())


@cache
def _sentence_tokenizer() -> Any:
    def load() -> Any:
        from nltk.tokenize.punkt import PunktTokenizer

        return PunktTokenizer("english")

    return _loaded("punkt_tab", load)


@cache
def _word_tokenizer() -> Any:
    from nltk.tokenize import NLTKWordTokenizer

    return NLTKWordTokenizer()


@cache
def _tagger() -> Any:
    def load() -> Any:
        from nltk.tag.perceptron import PerceptronTagger

        return PerceptronTagger(lang="eng")

    return _loaded("averaged_perceptron_tagger_eng", load)


def _loaded(package: str, load: Callable[[], Any]) -> Any:
    """Return what `load` does. Raises DataError that says how to get the `package` of NLTK's data.

    Raises MissingExtraError.
    """
    try:
        look_in_cache()
        return load()
    except ImportError:
        raise MissingExtraError("reading English with NLTK", "livebench") from None
    except LookupError:
        raise DataError(
            f"NLTK's data `{package}` are missing: run `python -m nltk.downloader {package}`, "
            "or `evalrun prefetch` before the run"
        ) from None
