"""Our numbers above those of papers, with what the difference says."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper_runs import cells, estimate, grid, layout, number, paper_run, write_papers

from evalrun.core.layout import Column
from evalrun.runners.formats import rendered
from evalrun.runners.papers.beside import paper_content, paper_table
from evalrun.runners.papers.comparing import compare, comparison_text

AVG = Column(name="AVG")


def difference(value: float, low: float | None, high: float | None, printed: str) -> str:
    found = compare(estimate(value, low, high), number(value=printed), AVG, limited=False)
    return comparison_text(found, AVG)


@pytest.mark.parametrize(
    ("ours", "printed", "text"),
    [
        ((0.466, 0.440, 0.490), "48.7", "-2.1 [-4.7, +0.3]"),
        ((0.466, 0.456, 0.476), "48.7", "-2.1! [-3.1, -1.1]"),
        ((0.510, 0.500, 0.520), "48.7", "+2.3! [+1.3, +3.3]"),
        # 48.7 may have been 48.65: within rounding, the end of our interval is not passed.
        ((0.466, 0.446, 0.4865), "48.7", "-2.1 [-4.1, -0.1]"),
        ((0.466, 0.446, 0.4864), "48.7", "-2.1! [-4.1, -0.1]"),
        # Printed to a whole number, it may have been 48.5.
        ((0.466, 0.446, 0.4864), "49", "-2.4 [-4.4, -0.4]"),
        ((0.466, None, None), "48.7", "-2.1"),
        ((0.487, 0.48, 0.49), "", "-"),
    ],
)
def test_a_difference_is_ours_less_theirs_marked_when_theirs_is_outside(
    ours: tuple[float, float | None, float | None], printed: str, text: str
) -> None:
    assert difference(*ours, printed) == text


@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_what_lies_within_our_interval_is_never_marked(
    tenths: int, value: float, below: float, above: float
) -> None:
    low, high = value - below, value + above
    printed = f"{tenths / 10:.1f}"
    found = compare(estimate(value, low, high), number(value=printed), AVG, limited=False)
    assert found is not None
    if low <= tenths / 1000 <= high:
        assert found.outside is False
    if not low - 0.00051 <= tenths / 1000 <= high + 0.00051:
        assert found.outside is True
    assert found.difference == pytest.approx(value - tenths / 1000)


def test_rows_stand_above_the_reported_ones_and_their_difference(tmp_path: Path) -> None:
    folder = write_papers(tmp_path, cells(), cells(model="GPT-4o", value="70.0"))
    one = paper_run(tmp_path, model="llama3.1-8b")
    table = paper_table(grid([one], [[estimate(0.466, 0.456, 0.476)]]), [folder])
    assert table.title == "T, beside reported numbers"
    assert table.header == ("run or paper", "AVG %")
    assert table.rows == (
        ("llama3.1-8b full", "46.6 [45.6, 47.6]"),
        ("reported: Llama-3.1-8B, Table 4", "48.7"),
        ("difference", "-2.1! [-3.1, -1.1]"),
        ("reported: GPT-4o, Table 4", "70.0"),
    )
    assert table.notes[0] == "reported: arXiv 1, Table 4; seen: the paper"
    assert "difference: ours less the reported number, with our 95% interval moved along" in (
        table.notes
    )
    assert any(
        note.startswith("! the reported number lies outside our 95%") for note in table.notes
    )


def test_a_row_without_reported_numbers_stands_alone_with_a_note(tmp_path: Path) -> None:
    folder = write_papers(tmp_path, cells())
    one = paper_run(tmp_path, model="smollm2")
    table = paper_table(grid([one], [[estimate(0.1, 0.0, 0.2)]]), [folder])
    assert [row[0] for row in table.rows] == ["smollm2 full", "reported: Llama-3.1-8B, Table 4"]
    assert any(
        "no number is reported of smollm2; nearest: Llama-3.1-8B" in note for note in table.notes
    )
    assert not any(note.startswith(("difference", "!", "in paren")) for note in table.notes)


def test_samples_are_not_held_against_the_full_set(tmp_path: Path) -> None:
    folder = write_papers(tmp_path, cells())
    one = paper_run(tmp_path, model="llama3.1-8b", options={"limit": 20})
    of = grid([one], [[estimate(0.1, 0.0, 0.2)]], sample_limit=20)
    table = paper_table(of, [folder])
    assert table.rows[0][0] == "llama3.1-8b full (first 20 a task)"
    assert table.rows[2] == ("difference", "(-38.7)")
    note = "in parentheses: first 20 samples a task: not comparable with the full set"
    assert note in table.notes
    (pair,) = paper_content(of, [folder])["rows"][0]["beside"]
    assert pair["cells"]["AVG"]["outside"] is None


def test_missing_verdicts_make_a_number_no_match_for_the_reported_one(tmp_path: Path) -> None:
    folder = write_papers(tmp_path, cells())
    one = paper_run(tmp_path, model="llama3.1-8b")
    table = paper_table(grid([one], [[estimate(0.1, 0.0, 0.2, n_missing=3)]]), [folder])
    assert table.rows[0][1].startswith("10.0†")
    assert table.rows[2] == ("difference", "(-38.7)")
    assert any(note.startswith("in parentheses: planned verdicts") for note in table.notes)
    assert any("3 of 13 in AVG" in note for note in table.notes)


def test_second_hand_numbers_are_said_to_be(tmp_path: Path) -> None:
    folder = write_papers(tmp_path, cells(seen="third-party notes", note="mode inferred"))
    one = paper_run(tmp_path, model="llama3.1-8b")
    table = paper_table(grid([one], [[estimate(0.487, 0.4, 0.5)]]), [folder])
    assert table.rows[1][0] == "reported (second-hand): Llama-3.1-8B, Table 4"
    assert table.notes[:2] == (
        "reported (second-hand): arXiv 1, Table 4; seen: third-party notes",
        "arXiv 1: mode inferred",
    )


def test_remarks_on_some_numbers_say_on_which(tmp_path: Path) -> None:
    rows = [
        cells(column="Global", note="own harness"),
        cells(note="own harness; divided by 11"),
        cells(model="GPT-4o", note="own harness"),
    ]
    one = paper_run(tmp_path, model="m")
    of = layout({"name": "Global"}, {"name": "AVG"})
    two = [estimate(0.5, 0.4, 0.6)] * 2
    notes = paper_table(grid([one], [two], of), [write_papers(tmp_path, *rows)]).notes
    assert "arXiv 1: own harness" in notes
    assert "arXiv 1: divided by 11 (Llama-3.1-8B; AVG)" in notes


def test_numbers_of_a_line_stand_in_it_and_the_setting_tells_lines_apart(tmp_path: Path) -> None:
    rows = [
        cells(column=column, value=value, setting=setting, where=f"kv.budget={setting}", method="X")
        for setting in ("512", "1024")
        for column, value in (("Global", "1.0"), ("AVG", "2.0"))
    ]
    one = paper_run(tmp_path, model="m")
    of = layout({"name": "Global"}, {"name": "AVG"})
    two = [estimate(0.5, 0.4, 0.6)] * 2
    table = paper_table(grid([one], [two], of), [write_papers(tmp_path, *rows)])
    assert table.rows[1:] == (
        ("reported: Llama-3.1-8B X (512), Table 4", "1.0", "2.0"),
        ("reported: Llama-3.1-8B X (1024), Table 4", "1.0", "2.0"),
    )


def test_a_setting_that_no_label_tells_is_told_below(tmp_path: Path) -> None:
    folder = write_papers(tmp_path, cells(setting="K=35 T=20; mean of 3 runs"))
    one = paper_run(tmp_path, model="llama3.1-8b")
    notes = paper_table(grid([one], [[estimate(0.5, 0.4, 0.6)]]), [folder]).notes
    assert "reported: Llama-3.1-8B, Table 4: K=35 T=20; mean of 3 runs" in notes


def test_of_many_other_lines_those_under_the_same_conditions_are_shown(tmp_path: Path) -> None:
    rows = [
        cells(method=f"M{i}", setting=str(size), where=f"kv.budget={size}")
        for size in (512, 1024, 2048)
        for i in range(6)
    ]
    one = paper_run(tmp_path, model="llama3.1-8b", kv="snapkv", budget=1024)
    of = grid([one], [[estimate(0.5, 0.4, 0.6)]])
    table = paper_table(of, [write_papers(tmp_path, *rows)])
    assert len(table.rows) == 1 + 6
    labels = [f"reported: Llama-3.1-8B M{i} (1024), Table 4" for i in range(6)]
    assert [row[0] for row in table.rows[1:]] == labels
    assert any(note.startswith("12 more reported lines") for note in table.notes)
    assert len(paper_content(of, [tmp_path])["others"]) == 18


def test_few_other_lines_are_all_shown_those_under_the_same_conditions_first(
    tmp_path: Path,
) -> None:
    rows = [cells(method=f"M{size}", where=f"kv.budget={size}") for size in (512, 1024)]
    one = paper_run(tmp_path, model="m", kv="snapkv", budget=1024)
    table = paper_table(grid([one], [[estimate(0.5, 0.4, 0.6)]]), [write_papers(tmp_path, *rows)])
    assert [row[0].split()[2] for row in table.rows[1:]] == ["M1024,", "M512,"]


def test_tables_of_several_sources_are_told_apart(tmp_path: Path) -> None:
    rows = [cells(), cells(source="arXiv 2", model="Llama-3.1-8B-Instruct", value="49.9")]
    of = layout(reported=[{"system": "bench", "source": f"arXiv {i}"} for i in (1, 2)])
    one = paper_run(tmp_path, model="llama3.1-8b")
    filled = grid([one], [[estimate(0.466, 0.456, 0.476)]], of)
    table = paper_table(filled, [write_papers(tmp_path, *rows)])
    assert [row[0] for row in table.rows[1:]] == [
        "reported: Llama-3.1-8B, arXiv 1 Table 4",
        "difference",
        "reported: Llama-3.1-8B-Instruct, arXiv 2 Table 4",
        "difference",
    ]


def test_what_made_ours_stands_below(tmp_path: Path) -> None:
    one = paper_run(tmp_path, model="m")
    notes = ("prompts: evalrun wording", "data of r: revision 123")
    filled = grid([one], [[estimate(0.5, 0.4, 0.6)]], notes=notes)
    assert paper_table(filled, [write_papers(tmp_path, cells())]).notes[-2:] == notes


def test_headings_over_columns_name_the_reported_ones_too(tmp_path: Path) -> None:
    of = layout({"name": "Base", "under": "GSM8K"}, {"name": "Base", "under": "MMLU"})
    row = cells(column="MMLU / Base")
    one = paper_run(tmp_path, model="llama3.1-8b")
    two = [estimate(0.5, 0.4, 0.6)] * 2
    table = paper_table(grid([one], [two], of), [write_papers(tmp_path, row)])
    assert table.spans == (None, "GSM8K", "MMLU")
    assert table.rows[1][1:] == ("-", "48.7")
    assert table.rows[2][1:] == ("-", "+1.3 [-8.7, +11.3]")


def test_a_transposed_layout_has_its_columns_as_rows(tmp_path: Path) -> None:
    one = paper_run(tmp_path, model="llama3.1-8b")
    filled = grid([one], [[estimate(0.5, 0.4, 0.6)]], layout(transposed=True))
    table = paper_table(filled, [write_papers(tmp_path, cells())])
    assert table.header[1:] == (
        "llama3.1-8b full", "reported: Llama-3.1-8B, Table 4", "difference",
    )  # fmt: skip
    assert table.rows[0][2:] == ("48.7", "+1.3 [-8.7, +11.3]")


def test_programs_get_both_numbers_unscaled(tmp_path: Path) -> None:
    folder = write_papers(tmp_path, cells(), cells(model="GPT-4o", value=""))
    one = paper_run(tmp_path, model="llama3.1-8b")
    content = paper_content(grid([one], [[estimate(0.466, 0.456, 0.476)]]), [folder])
    ours = {"value": 0.466, "low": 0.456, "high": 0.476, "n": 10, "n_missing": 0}
    (row,) = content["rows"]
    assert row["cells"] == {"AVG": ours}
    (pair,) = row["beside"]
    cell = pair["cells"]["AVG"]
    assert cell["reproduced"] == ours
    assert cell["reported"]["value"] == 0.487
    assert cell["reported"]["printed"] == "48.7"
    assert (cell["reported"]["source"], cell["reported"]["table"]) == ("arXiv 1", "Table 4")
    assert cell["reported"]["seen"] == "the paper"
    assert cell["difference"]["value"] == pytest.approx(-0.021)
    assert cell["difference"]["high"] == pytest.approx(-0.011)
    assert cell["outside"] is True
    (other,) = content["others"]
    assert other["model"] == "GPT-4o"
    assert other["cells"]["AVG"]["reported"]["value"] is None
    assert json.loads(rendered([], content, "json")) == json.loads(msgspec.json.encode(content))
