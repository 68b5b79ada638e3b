"""The 25 instructions of IFEval.

Source: Zhou et al. 2023 (arXiv 2311.07911), and `instruction_following_eval/instructions.py` of
LiveBench/LiveBench, commit b0fb577, whose readings of them are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from ...core.errors import DataError, MissingExtraError
from .check import Arguments, Check
from .english import nltk_sentences, tokens

_CHOICES = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_JSON_FENCES = ("```json", "```Json", "```JSON", "```")
_POSTSCRIPTS = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
# A leading run of white space is left out of the published patterns: it changes no count.
_BULLETS = (
    re.compile(r"^[^\S\n]*\*[^*].*$", re.MULTILINE),
    re.compile(r"^[^\S\n]*-.*$", re.MULTILINE),
)
_ENGLISH = "en"


def _meets(count: int, threshold: int, relation: str) -> bool:
    """Compare a count. Raises DataError for an unknown relation."""
    if relation == "less than":
        return count < threshold
    if relation == "at least":
        return count >= threshold
    raise DataError(f"relation should be 'less than' or 'at least', found {relation!r}")


def _keywords(reply: str, given: Arguments) -> bool:
    return all(re.search(word, reply, re.IGNORECASE) for word in given["keywords"])


def _keyword_frequency(reply: str, given: Arguments) -> bool:
    count = len(re.findall(given["keyword"].strip(), reply, re.IGNORECASE))
    return _meets(count, given["frequency"], given["relation"])


def _forbidden_words(reply: str, given: Arguments) -> bool:
    words = given["forbidden_words"]
    return not any(re.search(rf"\b{word}\b", reply, re.IGNORECASE) for word in words)


def _letter_frequency(reply: str, given: Arguments) -> bool:
    count = reply.lower().count(given["letter"].strip().lower())
    return _meets(count, given["let_frequency"], given["let_relation"])


def _response_language(reply: str, given: Arguments) -> bool:
    return _language(reply) in (given["language"], None)


def _number_sentences(reply: str, given: Arguments) -> bool:
    count = len(nltk_sentences(reply))
    return _meets(count, given["num_sentences"], given["relation"])


def _number_paragraphs(reply: str, given: Arguments) -> bool:
    parts = re.split(r"\s?\*\*\*\s?", reply)
    if any(not part.strip() for part in parts[1:-1]):
        return False
    ends = {0, len(parts) - 1}
    blank = sum(not parts[place].strip() for place in ends)
    return len(parts) - blank == given["num_paragraphs"]


def _number_words(reply: str, given: Arguments) -> bool:
    return _meets(len(re.findall(r"\w+", reply)), given["num_words"], given["relation"])


def _nth_paragraph_first_word(reply: str, given: Arguments) -> bool:
    """Check the number of paragraphs, and the first word of one: up to a punctuation mark.

    Blank ones do not count, but are not passed over when the nth is looked for.
    """
    paragraphs = reply.split("\n\n")
    count = sum(bool(paragraph.strip()) for paragraph in paragraphs)
    place = given["nth_paragraph"]
    words = paragraphs[place - 1].split() if place <= count else []
    if not words:
        return False
    word = re.split(r"[.,?!'\"]", words[0].lstrip("'").lstrip('"'))[0]
    return count == given["num_paragraphs"] and word.lower() == given["first_word"].lower()


def _number_placeholders(reply: str, given: Arguments) -> bool:
    return sum(map(_placeholders, reply.split("\n"))) >= given["num_placeholders"]


def _placeholders(line: str) -> int:
    """Count brackets that are closed on the line, found, not matched, in linear time."""
    count = position = 0
    while (begin := line.find("[", position)) >= 0:
        position = line.find("]", begin) + 1
        if not position:
            break
        count += 1
    return count


def _postscript(reply: str, given: Arguments) -> bool:
    marker: str = given["postscript_marker"].strip()
    return bool(re.search(_POSTSCRIPTS.get(marker, marker.lower()), reply.lower()))


def _number_bullet_lists(reply: str, given: Arguments) -> bool:
    return sum(len(bullet.findall(reply)) for bullet in _BULLETS) == given["num_bullets"]


def _constrained_response(reply: str, _given: Arguments) -> bool:
    return any(choice in reply for choice in _CHOICES)


def _highlighted_sections(reply: str, given: Arguments) -> bool:
    """Count `*text*` and `**text**`: the latter counts where the former, which it holds, is blank.

    Bold text counts for each of the patterns that see something in it.
    """
    single = re.findall(r"\*[^\n\*]*\*", reply)
    double = re.findall(r"\*\*[^\n\*]*\*\*", reply)
    filled = sum(bool(text.strip("*").strip()) for text in single)
    filled += sum(bool(text[2:-2].strip()) for text in double)
    return filled >= given["num_highlights"]


def _multiple_sections(reply: str, given: Arguments) -> bool:
    mark = rf"\s?{given['section_spliter'].strip()}\s?\d+\s?"
    return len(re.findall(mark, reply)) >= given["num_sections"]


def _json_format(reply: str, _given: Arguments) -> bool:
    text = reply.strip()
    for fence in _JSON_FENCES:
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def _title(reply: str, _given: Arguments) -> bool:
    """Look for `<<title>>` on a line, from the first brackets to the last."""
    for line in reply.split("\n"):
        begin, end = line.find("<<"), line.rfind(">>")
        if 0 <= begin < end - 2 and line[begin : end + 2].lstrip("<").rstrip(">").strip():
            return True
    return False


def _two_responses(reply: str, _given: Arguments) -> bool:
    parts = [part.strip() for part in reply.split("******")]
    responses = [part for part in parts if part]
    inside = all(parts[1:-1])
    return inside and len(responses) == 2 and responses[0] != responses[1]


def _repeat_prompt(reply: str, given: Arguments) -> bool:
    return reply.strip().lower().startswith(given["prompt_to_repeat"].strip().lower())


def _end_checker(reply: str, given: Arguments) -> bool:
    return reply.strip().strip('"').lower().endswith(given["end_phrase"].strip().lower())


def _capital_word_frequency(reply: str, given: Arguments) -> bool:
    count = sum(word.isupper() for word in tokens(reply))
    return _meets(count, given["capital_frequency"], given["capital_relation"])


def _english_capital(reply: str, _given: Arguments) -> bool:
    return reply.isupper() and _language(reply) in (_ENGLISH, None)


def _english_lowercase(reply: str, _given: Arguments) -> bool:
    return reply.islower() and _language(reply) in (_ENGLISH, None)


def _no_comma(reply: str, _given: Arguments) -> bool:
    return "," not in reply


def _quotation(reply: str, _given: Arguments) -> bool:
    text = reply.strip()
    return len(text) > 1 and text[0] == text[-1] == '"'


CHECKS: Mapping[str, Check] = {
    "keywords:existence": _keywords,
    "keywords:frequency": _keyword_frequency,
    "keywords:forbidden_words": _forbidden_words,
    "keywords:letter_frequency": _letter_frequency,
    "language:response_language": _response_language,
    "length_constraints:number_sentences": _number_sentences,
    "length_constraints:number_paragraphs": _number_paragraphs,
    "length_constraints:number_words": _number_words,
    "length_constraints:nth_paragraph_first_word": _nth_paragraph_first_word,
    "detectable_content:number_placeholders": _number_placeholders,
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": _number_bullet_lists,
    "detectable_format:constrained_response": _constrained_response,
    "detectable_format:number_highlighted_sections": _highlighted_sections,
    "detectable_format:multiple_sections": _multiple_sections,
    "detectable_format:json_format": _json_format,
    "detectable_format:title": _title,
    "combination:two_responses": _two_responses,
    "combination:repeat_prompt": _repeat_prompt,
    "startend:end_checker": _end_checker,
    "startend:quotation": _quotation,
    "change_case:capital_word_frequency": _capital_word_frequency,
    "change_case:english_capital": _english_capital,
    "change_case:english_lowercase": _english_lowercase,
    "punctuation:no_comma": _no_comma,
}


def _language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of `text`; None if there is nothing to tell it by.

    Raises MissingExtraError.
    """
    try:
        import langdetect
    except ImportError:
        raise MissingExtraError("telling languages", "livebench") from None
    # Without a seed, the same text may be told to be in different languages.
    langdetect.DetectorFactory.seed = 0
    try:
        return langdetect.detect(text)
    except langdetect.LangDetectException:
        return None
