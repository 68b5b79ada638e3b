"""JavaBench's rows as samples: prompts, verdicts that are planned, and bad files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.javabench import JavaBench, JavaBenchOptions
from evalrun.core.config import RunOptions
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.sample import Sample
from evalrun.runners.plan import make_plan

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "javabench"
PRICE, CART, RECEIPT = "PA22/Price.java", "PA22/Cart.java", "PA22/Receipt.java"
TEMPLATE = '''
other_template = make("Not this {code}")
complete_template = make([system("""Context:
{code_context}
"""), human(template="""Do it.
{code}""")])
raise SystemExit("it was run")
'''


def benchmark(folder: Path = FIXTURES, **options: Any) -> JavaBench:
    return JavaBench(JavaBenchOptions(task="PA22", data_dir=str(folder), **options))


def by_id(**options: Any) -> dict[str, Sample]:
    return {sample.id: sample for sample in benchmark(**options).samples()}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURES, tmp_path / "data"))


def test_a_sample_is_a_class_with_its_context_and_its_skeleton() -> None:
    samples = by_id()
    assert list(samples) == [PRICE, CART, RECEIPT]
    cart = samples[CART]
    assert (cart.task, cart.row, cart.row_id) == ("PA22", 1, CART)
    (system,), (turn,) = cart.messages, cart.turns
    assert system.role == "system"
    assert "public Price plus(Price other);" in str(system.content)
    skeleton = turn.metadata["skeleton"]
    assert skeleton.startswith("```java\npackage shop;\n")
    assert skeleton in str(turn.query)
    assert cart.metadata["skeleton"] == skeleton[len("```java\n") : -len("\n```\n") + 1]
    assert turn.max_tokens == 4096


def test_contexts_differ_in_what_is_shown_of_other_classes() -> None:
    shown = {c: str(by_id(context=c)[CART].messages[0].content) for c in ("maximum", "minimum")}
    assert "// TODO add both" in shown["maximum"]
    assert "```java" not in shown["minimum"]


def test_a_suite_is_graded_beside_the_least_laden_of_its_classes() -> None:
    subtasks = {id_: one.turns[0].subtasks for id_, one in by_id().items()}
    assert subtasks == {PRICE: ("class", "test"), CART: ("class", "test"), RECEIPT: ("class",)}
    on_class, on_suite = by_id()[CART].turns[0].target
    assert on_class == {"id": CART, "files": {CART: "shop/Cart.java"}, "suite": None}
    assert (on_suite["id"], on_suite["suite"]) == ("PA22/ReceiptTest", "shop.ReceiptTest")
    assert set(on_suite["files"]) == {PRICE, CART, RECEIPT}


def test_granularities_are_chosen() -> None:
    assert by_id(granularity=("class",))[PRICE].turns[0].answers == 1
    project = by_id(granularity=("project",))
    assert list(project) == [RECEIPT]
    assert set(project[RECEIPT].turns[0].target["files"]) == {PRICE, CART, RECEIPT}
    assert set(by_id(granularity=("test",))) == {PRICE, CART}


def test_suites_of_classes_that_are_not_asked_are_not_planned() -> None:
    cells = make_plan(benchmark(), RunOptions(limit=2, epochs=5)).cells
    assert {(cell.subtask, cell.n) for cell in cells} == {("class", 10), ("test", 5)}


def test_our_words_are_used_where_the_published_ones_are_not_there(copy: Path) -> None:
    assert benchmark().provenance()["prompts"] == "evalrun wording"
    published = copy / "app" / "prompt" / "template.py"
    published.parent.mkdir(parents=True)
    published.write_text(TEMPLATE)
    found = benchmark(copy)
    assert found.provenance()["prompts"] == "template.py"
    first = next(found.samples())
    assert first.messages[0].content == "Context:\n\n"
    assert str(first.turns[0].query).startswith("Do it.\n```java\n")
    published.write_text("complete_template = 3")
    with pytest.raises(DataError, match="should hold two texts, found 0"):
        list(found.samples())


def test_a_file_of_rows_is_graded_against_the_fetched_projects(copy: Path) -> None:
    rows = copy / "datasets" / "selective-context" / "data-PA22.jsonl"
    mine = copy / "mine.jsonl"
    mine.write_text("".join(rows.read_text().splitlines(keepends=True)[:1]))
    samples = list(JavaBench(JavaBenchOptions(data_dir=str(copy), path=str(mine))).samples())
    assert [(s.id, s.task, s.turns[0].subtasks) for s in samples] == [
        (PRICE, "PA22", ("class", "test"))
    ]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("code", "class A {}", "row 2: field 'code' should hold a skeleton"),
        ("code", 3, "row 2: field 'code' should be str"),
        ("target", "../../evil.java", "row 2: field 'target' should be a .java file below"),
        ("target", "shop/Cart.txt", "row 2: field 'target' should be a .java file below"),
        ("task_id", None, "row 2: field 'task_id' should be str"),
    ],
)
def test_a_malformed_row_is_named(copy: Path, field: str, value: object, message: str) -> None:
    path = copy / "datasets" / "selective-context" / "data-PA22.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1][field] = value
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match=f"data-PA22.jsonl, {message}"):
        list(benchmark(copy).samples())


@pytest.mark.parametrize("needs", [[], [3], "shop.Price"])
def test_a_malformed_suite_is_named(copy: Path, needs: object) -> None:
    path = copy / "datasets" / "testcase" / "test-PA22.jsonl"
    path.write_text(json.dumps({"test_id": "a", "target": "b", "full_deps": needs}) + "\n")
    with pytest.raises(DataError, match=r"test-PA22\.jsonl, row 1: field 'full_deps' should"):
        list(benchmark(copy).samples())


def test_what_is_missing_is_told_before_a_run(copy: Path) -> None:
    assert list(benchmark(copy).problems()) == []
    shutil.rmtree(copy / "projects")
    (copy / "datasets" / "testcase" / "test-PA22.jsonl").unlink()
    told = [str(problem) for problem in benchmark(copy).problems()]
    assert len(told) == 2
    assert all("evalrun fetch javabench" in one for one in told)
    assert len(benchmark(copy, granularity=("class",)).problems()) == 1
    (missing, *_) = benchmark(copy, template="nowhere.py").problems()
    assert "benchmark.template=null" in str(missing)
    assert "PA19" in str(JavaBench(JavaBenchOptions(data_dir=str(copy))).problems()[0])


def test_something_has_to_be_graded() -> None:
    with pytest.raises(ConfigError, match="names nothing to grade"):
        benchmark(granularity=())
