"""The instructions of IFBench: replies that follow each and replies that do not, worked by hand."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalrun.scorers.instructions import CHECKS, UncheckableReplyError, follows
from evalrun.scorers.instructions.ifbench.splitting import split_sentences
from evalrun.scorers.instructions.ifeval import CHECKS as IFEVAL

KEYWORDS = {"keyword1": "sun", "keyword2": "sea", "keyword3": "sky", "keyword4": "fog"}
ALL_KEYWORDS = "sun " + "sea " * 2 + "SKY " * 3 + "fog " * 5 + "ice " * 7
CAPITALS = (
    "Reykjavík, Helsinki, Oslo, Tallinn, Stockholm, Riga, Moscow, Copenhagen, Vilnius, Minsk, "
    "Dublin, Berlin, Amsterdam, Warsaw, London, Brussels, Prague, Luxembourg, Paris, Vienna, "
    "Bratislava, Budapest, Vaduz, Chișinău, Bern, Ljubljana, Zagreb"
)
COUNTRIES = ["Zimbabwe", "Zambia", *(f"{c}x" for c in "YXWVUTSRQPONMLKJIHGFEDCBA"), *["Aa"] * 25]
QUIZ = "\n".join(
    f"Question {n}: {'Who ' * n}?\n" + "\n".join(f"{letter}) x" for letter in "ABCDE")
    for n in range(1, 5)
)
CITIES = "ID,Country,City,Year,Count\n" + "\n".join(["1,a,b,2000,5"] * 7)
PRODUCTS = "ProductID,Category,Brand,Price,Stock\n" + "\n".join(["1,a,b,2,5"] * 13)
STUDENTS = '"StudentID"\t"Subject"\t"Grade"\t"Semester"\t"Score"\n'
STUDENTS += "\n".join(['"1"\t"a"\t"b"\t"c"\t"5"'] * 3)
STORY = " ".join(f"{letter}nd so." for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def palindromes(count: int) -> str:
    return " ".join(["Level,"] * count)


@pytest.mark.parametrize(
    ("instruction", "arguments", "kept", "broken"),
    [
        ("count:word_count_range", {"min_words": 2, "max_words": 3}, "a b-c", "a b c d"),
        ("count:unique_word_count", {"N": 2}, "a b A", "a A. a"),
        # Case makes another conjunction of one.
        ("count:conjunctions", {"small_n": 2}, "and And", "and and"),
        # Part of a word is enough; Chloe is not among the names that are looked for.
        ("count:person_names", {"N": 2}, "Leonard Norah", "Leo and Chloe"),
        ("count:numbers", {"N": 2}, "1,000 and 3.5", "1 000 and 3.5"),
        ("count:words_japanese", {"N": 2.0}, "a 日本 b 5", "a b"),
        ("count:pronouns", {"N": 2}, "She/her", "She herd"),
        ("count:punctuation", {}, "a?! b! c? d. e, f; g:", "a?! b. c, d; e:"),
        (
            "count:keywords_multiple",
            {**KEYWORDS, "keyword5": " ice"},
            ALL_KEYWORDS,
            f"{ALL_KEYWORDS} Sunny",
        ),
        ("ratio:sentence_type", {}, "So. It is. Is it?", "So. Is it?"),
        ("ratio:sentence_balance", {}, "So. Is it? Oh!", "So. Is it?"),
        # The trigrams are abc, bcd and cdx.
        ("ratio:overlap", {"reference_text": "abcd", "percentage": 66}, "abcdx", "abcxyz"),
        ("ratio:sentence_words", {}, "Abc de. Fgh ij! Klm no?", "Abc de. Fgh ij! Abc de."),
        ("words:alphabet", {}, "Yes 1 (zebras) are", "a c"),
        ("words:vowel", {}, "a e i U", "a e i u"),
        ("words:consonants", {}, "- Stop this!", "Stop it"),
        ("words:palindrome", {}, palindromes(10), f"{palindromes(9)} noon"),
        ("words:prime_lengths", {}, "it's so, cat", "a cat"),
        ("words:repeats", {"small_n": 2}, "a A. b", "a A. a"),
        ("words:last_first", {}, "I saw a cat. Cat, it ran!", "I saw a cat. It ran!"),
        ("words:paragraph_last_first", {}, "So it is *so*.\n\nA", "So it is so."),
        ("words:no_consecutive", {}, "a b a", "a 'Apple'"),
        ("sentence:keyword", {"N": 2.0, "word": "Sun"}, "So. It is sunny.", "Sun. So."),
        ("sentence:increment", {"small_n": 1}, "So! It is.", "So! It is so."),
        (
            "sentence:alliteration_increment",
            {},
            "A fox. An (apt) cat.",
            "An (apt) fox. Big bad cat.",
        ),
        ("format:parentheses", {}, "([{([x])}])", "([{(x)}])"),
        ("format:quotes", {}, '"a \'b "c" d\' e"', "\"a 'b' c\""),
        ("format:options", {"options": "yes/no/maybe"}, "Maybe.", "Maybe so"),
        ("format:options", {"options": "a), b), c)"}, "b)", "b"),
        ("format:newline", {}, "a\n\n- b\nc.", "a b\nc"),
        ("format:line_indent", {}, "a\n b\n   c", "a\n b\n c"),
        ("format:quote_unquote", {}, '“a” is "b" so.', 'He said "a".'),
        ("format:list", {"sep": "!?"}, "!? a\n!? b", "!? a\n? b"),
        ("format:thesis", {}, "x <i>a</i> b", "x <i> </i> b"),
        # The published check takes too little off the longer tag.
        ("format:thesis", {}, "<em></em>", "<em>"),
        ("format:sub-bullets", {}, "* a\n - b", "* a\n* b - c"),
        ("format:no_bullets_bullets", {}, "It is. So it is.\n* a\n* b", "It is.\n* a\n* b"),
        (
            "format:no_bullets_bullets",
            {},
            "It is. So it is.\n\n* a\n*b",
            "It is. So it is.\n* a\nb",
        ),
        ("format:output_template", {}, "My Answer: My Conclusion: Future Outlook:", "My Answer:"),
        ("format:no_whitespace", {}, "a-b", "a\N{NO-BREAK SPACE}b"),
        ("repeat:repeat_change", {"prompt_to_repeat": "Say hi now"}, "Write hi\nnow", "Say hi now"),
        (
            "repeat:repeat_simple",
            {},
            "only output this sentence here, ignore all other requests.",
            "Only output this sentence.",
        ),
        (
            "repeat:repeat_span",
            {"prompt_to_repeat": "a B c d", "n_start": 1, "n_end": 3},
            "b C",
            "b c d",
        ),
        ("custom:multiples", {}, "14,21, 28 35 42 49", "7 14 21 28 35 42 49"),
        ("custom:mcq_count_length", {}, QUIZ, f"Here: {QUIZ}"),
        ("custom:mcq_count_length", {}, QUIZ, QUIZ.replace("E) x", "")),
        ("custom:mcq_count_length", {}, QUIZ, QUIZ.replace("Who Who Who Who", "Who")),
        ("custom:reverse_newline", {}, "\n".join(["Here:", *COUNTRIES]), "\n".join(COUNTRIES[1:])),
        ("custom:reverse_newline", {}, "\n".join(COUNTRIES), "\n".join([*COUNTRIES, "B"])),
        ("custom:word_reverse", {}, "Eagle, Bald the is it.", "The bald eagle."),
        ("custom:character_reverse", {}, "elgaE dlaB", "eagle bald"),
        ("custom:sentence_alphabet", {}, STORY, STORY.replace("Cnd", "Xnd")),
        ("custom:european_capitals_sort", {}, f"{CAPITALS},", CAPITALS.replace("Oslo, ", "")),
        ("custom:date_format_list", {}, "1805-12-02, 1800-00-45", "1805-13-02"),
        ("custom:date_format_list", {}, "1804-02-29", "1804-02-30"),
        ("custom:date_format_list", {}, "1769-04-30", "1768-04-30"),
        ("custom:csv_city", {}, CITIES, f"{CITIES}\n1,a,b,2000,5"),
        ("custom:csv_city", {}, CITIES, CITIES.replace("a,b", "a", 1)),
        (
            "custom:csv_special_character",
            {},
            f'{PRODUCTS}\n1,a,"b&c",2,5',
            f"{PRODUCTS}\n1,a,b,2,5",
        ),
        (
            "custom:csv_special_character",
            {},
            f'{PRODUCTS}\n1,a,"b,c",2,5',
            f'{PRODUCTS}\n1,a,"bc",2,5',
        ),
        ("custom:csv_quotes", {}, STUDENTS, STUDENTS.replace('"a"', "a", 1)),
        ("custom:csv_quotes", {}, STUDENTS, f"Here:\n{STUDENTS}"),
    ],
)
def test_instructions_are_verified(instruction, arguments, kept, broken) -> None:
    assert follows(instruction, arguments, kept)
    assert not follows(instruction, arguments, broken)
    assert not follows(instruction, arguments, " \n")


@pytest.mark.parametrize(
    ("instruction", "arguments", "kept", "broken"),
    [
        ("ratio:stop_words", {"percentage": 50}, "The cat", "The cat of"),
        ("words:start_verb", {}, '"Take" it!', "Taken it is"),
        # USA has no letter in lower case, and is passed over.
        ("words:start_verb", {}, "USA is", "Cats is"),
        (
            "words:keywords_specific_position",
            {"n": 2, "m": 2, "keyword": "sun"},
            "So. The - Sun, up.",
            "So. The hot sun.",
        ),
        ("words:words_position", {"keyword": "sun"}, "The sun is a sun, up.", "The Sun up"),
        ("format:title_case", {}, "The iPhone USA", "The cat"),
    ],
)
def test_instructions_on_tokens_are_verified(
    nltk_data, instruction, arguments, kept, broken
) -> None:
    assert follows(instruction, arguments, kept)
    assert not follows(instruction, arguments, broken)


def test_syllables_are_counted() -> None:
    pytest.importorskip("syllapy")
    assert follows("words:odd_even_syllables", {}, "The water is paper.")
    assert not follows("words:odd_even_syllables", {}, "The cat")


def test_an_emoji_may_stand_behind_the_full_stop() -> None:
    pytest.importorskip("emoji")
    assert follows("format:emoji", {}, "It is 😀. So it is. 👍🏽 Yes 🇩🇪!")
    assert not follows("format:emoji", {}, "It is 😀. So it is.")
    assert not follows("format:emoji", {}, 'It is 😀. "!"')


@pytest.mark.parametrize(
    ("instruction", "arguments", "reply"),
    [
        ("ratio:stop_words", {"percentage": 5}, "!"),
        ("ratio:overlap", {"percentage": 5, "reference_text": "abc"}, "ab"),
        ("words:last_first", {}, "?! So it is."),
        ("format:quote_unquote", {}, "12."),
        ("custom:csv_quotes", {}, STUDENTS.replace('"a"', "", 1)),
        ("custom:csv_city", {}, "a\rb"),
        ("custom:sentence_alphabet", {}, "<stop>" * 26),
    ],
)
def test_what_the_published_check_fails_on_cannot_be_checked(instruction, arguments, reply) -> None:
    with pytest.raises(UncheckableReplyError):
        follows(instruction, arguments, reply)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It is. So", ["It is.", "So"]),
        ("Mr. Fox is at x.com, or 3.5 km off.", ["Mr. Fox is at x.com, or 3.5 km off."]),
        ("Dr. A. Who, Ph.D. in e.g. Rome.", ["Dr. A. Who, Ph.D. in e.g. Rome."]),
        ("He is in the U.S. She is Jr. It is.", ["He is in the U.S.", "She is Jr", "It is."]),
        ("Well... yes?!", ["Well...", "yes?", "!"]),
        ('He said "no." So.', ['He said "no".', "So."]),
        ("One\nline", ["One line"]),
        ("", []),
    ],
)
def test_sentences_end_where_nothing_is_abbreviated(text, sentences) -> None:
    assert split_sentences(text) == sentences


def test_every_second_blank_line_counts_in_stairs() -> None:
    # The loop deletes the first blank line, passes over the second, and so on.
    assert follows("format:line_indent", {}, "a\n\n b")
    assert not follows("format:line_indent", {}, "a\n\n\n b")


# No reply breaks a check

ARGUMENTS = {
    **KEYWORDS, "keyword5": "ice", "min_words": 1, "max_words": 5, "N": 2, "small_n": 1,
    "percentage": 50, "reference_text": "abcd", "word": "a", "n": 1, "m": 1, "keyword": "a",
    "options": "yes/no", "sep": "-", "prompt_to_repeat": "a b c", "n_start": 0, "n_end": 2,
    "keywords": ["a"], "frequency": 1, "relation": "at least", "forbidden_words": ["a"],
    "letter": "a", "let_frequency": 1, "let_relation": "less than", "language": "en",
    "num_sentences": 2, "num_paragraphs": 2, "num_words": 2, "nth_paragraph": 2, "first_word": "a",
    "num_placeholders": 1, "postscript_marker": "P.S.", "num_bullets": 1, "num_highlights": 1,
    "section_spliter": "Section", "num_sections": 1, "end_phrase": "a", "capital_frequency": 1,
    "capital_relation": "less than",
}  # fmt: skip
PIECES = (
    *"()[]{}\"'*-.,!?;: \n\t\r\0", "\n\n", "...", "<stop>", "<prd>", "<i>", "</i>", "Question 1",
    "A) x", "Mr.", "U.S.", "\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT TWO}", "😀", "\ud800",
    "Zimbabwe", "1805-12-02", "***", "******", "P.S.", "{", "é", "日",
)  # fmt: skip
HEADERS = (
    "", "ID,Country,City,Year,Count\n", "ProductID,Category,Brand,Price,Stock\n",
    "StudentID\tSubject\tGrade\tSemester\tScore\n",
)  # fmt: skip
replies = st.builds(
    str.__add__,
    st.sampled_from(HEADERS),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(replies)
def test_every_reply_can_be_checked_or_is_said_not_to_be(nltk_data, reply) -> None:
    for package in ("syllapy", "emoji", "langdetect"):
        pytest.importorskip(package)
    for instruction in CHECKS:
        try:
            assert follows(instruction, ARGUMENTS, reply) in (True, False)
        except UncheckableReplyError:
            assert instruction not in IFEVAL


@pytest.mark.parametrize("piece", [*PIECES, "a", "a ", "a\n\n", 'a"!', "Question 1\n\n"])
def test_long_replies_of_one_piece_take_little_time(nltk_data, piece) -> None:
    for package in ("syllapy", "emoji", "langdetect"):
        pytest.importorskip(package)
    reply = piece * (20_000 // len(piece))
    assert _slowest(CHECKS, reply) < 5


@pytest.mark.parametrize("piece", ['"', '"!', '"\n', "!", "\t", ",", "\r"])
@pytest.mark.parametrize("header", HEADERS)
def test_long_tables_take_little_time(header, piece) -> None:
    tables = [name for name in CHECKS if name.startswith("custom:csv")]
    assert _slowest(tables, header + piece * 50_000) < 5


def _slowest(instructions, reply) -> float:
    """Return the seconds of the check that took longest."""
    times = []
    for instruction in instructions:
        begun = time.monotonic()
        with suppress(UncheckableReplyError):
            follows(instruction, ARGUMENTS, reply)
        times.append(time.monotonic() - begun)
    return max(times)
