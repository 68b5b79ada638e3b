"""Tables in LaTeX."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from fabricated import cell, results
from formats.tables import HOSTILE, PLAIN, RANKED, of_cells
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalrun.runners.formats.latex import latex_fragment
from evalrun.runners.formats.latex_text import latex_text, shows_code_points
from evalrun.runners.tables.results import run_table, runs_table
from evalrun.runners.tables.table import Table

DOCUMENT = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage{booktabs}
\usepackage{graphicx}
\begin{document}
\input{tables}
\end{document}
"""


def compiled(folder: Path, *tables: Table) -> str:
    """Compile a document with `tables` in it and return the log; fail where pdfLaTeX does."""
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    (folder / "document.tex").write_text(DOCUMENT)
    (folder / "tables.tex").write_text(latex_fragment(tables), encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    assert (folder / "document.pdf").stat().st_size > 0
    return (folder / "document.log").read_text(errors="replace")


def test_a_table_is_a_float_with_rules_spans_ranks_and_notes() -> None:
    preamble, _, table = latex_fragment([RANKED]).partition("\n\n")
    assert preamble.splitlines() == [
        "% The preamble needs:",
        r"%   \usepackage[T1]{fontenc}",
        r"%   \usepackage[utf8]{inputenc}",
        r"%   \usepackage{booktabs}",
        r"%   \usepackage{graphicx}",
    ]
    assert table.splitlines() == [
        r"\begin{table}[htbp]",
        r"\centering",
        r"\caption{Recall \& cost}",
        r"\label{tab:recall-cost}",
        r"\smallskip",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        r"\begin{tabular}{@{}llrrr@{}}",
        r"\toprule",
        r" &  & \multicolumn{2}{c}{English} &  \\",
        r"\cmidrule(lr){3-4}",
        r"model & kv & \multicolumn{1}{c}{MMLU \% \ensuremath{\uparrow}} & "
        r"\multicolumn{1}{c}{s \ensuremath{\downarrow}} & \multicolumn{1}{c}{n} \\",
        r"\midrule",
        r"llama & full & \textbf{50.0} [40.0, 60.0] & \textbf{\ensuremath{-}1.5} & 1,000 \\",
        r"llama & snapkv-50\% & \underline{49.0\dag{}} [39.0, 59.0] & \underline{0.5} & 10 \\",
        r"qwen & full & \textendash{} & 2.0 & 10 \\",
        r"\bottomrule",
        r"\end{tabular}}",
        r"\par\medskip",
        r"\begin{minipage}{\linewidth}\footnotesize\raggedright",
        r"\dag{}: 5 of 15 verdicts missing",
        r"\end{minipage}",
        r"\end{table}",
    ]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("50% of $x_1 & #2", r"50\% of \$x\_1 \& \#2"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("~^<>|", r"\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}\textbar{}"),
        ("a--b ''c'' ,,", "a-{}-b '{}'c'{}' ,{},"),
        ("Möbius ç Ł ß", r"M\"{o}bius \c{c} \L{} \ss{}"),
        ("o\u0308", r"\"{o}"),
        ("±1 ≤ λ²", r"\ensuremath{\pm}1 \ensuremath{\leq} \ensuremath{\lambda}\ensuremath{^{2}}"),
        ("你好-1", "[U+4F60 U+597D]-1"),
        ("two\nlines", "two lines"),
    ],
)
def test_text_becomes_source_in_ascii(text: str, source: str) -> None:
    assert latex_text(text) == source


def test_what_has_no_glyph_is_shown_as_code_points_and_a_note_says_so() -> None:
    note = "stands for characters that pdfLaTeX has no glyphs for"
    assert note in latex_fragment([of_cells("a", "模型")])
    assert note not in latex_fragment([of_cells("a", "Möbius ±")])


def test_tables_of_one_title_have_labels_of_their_own() -> None:
    text = latex_fragment([PLAIN, PLAIN, RANKED])
    labels = [line for line in text.splitlines() if line.startswith(r"\label")]
    assert labels == [
        r"\label{tab:two-runs}",
        r"\label{tab:two-runs-2}",
        r"\label{tab:recall-cost}",
    ]


@given(st.text())
def test_every_text_becomes_ascii_and_leaves_no_group_open(text: str) -> None:
    source = latex_text(text)
    assert source.isascii()
    bare = source.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")
    assert shows_code_points(text) == ("[U+" in source and "[U+" not in text)


@pytest.mark.latex
def test_tables_of_runs_compile(tmp_path: Path) -> None:
    run = results(cell("subtask", "t_1"), cell("task", "t_1"), failed={"timeout": 2}, predicted=8)
    other = results(cell("task", "t_1", None), kv="snapkv-50%")
    log = compiled(tmp_path, run_table(run), runs_table([run, other]), PLAIN, RANKED)
    assert "Overfull" not in log


@pytest.mark.latex
def test_a_table_wider_than_the_page_is_scaled_to_it(tmp_path: Path) -> None:
    wide = Table("wide", tuple(f"column {i}" for i in range(40)), (("1234.5",) * 40,))
    assert "Overfull" not in compiled(tmp_path, wide)


@pytest.mark.latex
def test_hostile_texts_compile_everywhere(tmp_path: Path) -> None:
    cells = of_cells(*HOSTILE, rank="second")
    everywhere = [
        Table(text, (text, "b"), ((text, text),), (text,), (text, None), (("best", None),))
        for text in HOSTILE
    ]
    compiled(tmp_path, cells, *everywhere)


@pytest.mark.latex
@settings(max_examples=3, deadline=None, suppress_health_check=[*HealthCheck])
@given(cells=st.lists(st.text(max_size=8), min_size=60, max_size=120))
def test_texts_of_any_kind_compile(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    parts = [of_cells(*cells[i : i + 30], title=cells[i]) for i in range(0, len(cells), 30)]
    compiled(tmp_path_factory.mktemp("latex"), *parts)


@pytest.mark.latex
def test_every_character_that_is_said_to_have_a_glyph_has_one(tmp_path: Path) -> None:
    known = [c for c in map(chr, range(0x20, 0x3000)) if not shows_code_points(c)]
    assert len(known) > 400
    rows = [" ".join(known[i : i + 20]) for i in range(0, len(known), 20)]
    log = compiled(tmp_path, of_cells(*rows[:15]), of_cells(*rows[15:30]), of_cells(*rows[30:]))
    assert "Missing character" not in log
    assert "LaTeX Warning: Command" not in log
