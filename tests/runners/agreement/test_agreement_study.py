"""Agreement tests from files to z-scores: by hand, and against the official code's numbers."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from boards import FIXTURES, SMALL, agreements_of, scenario, study_of
from scipy.stats import kendalltau, pearsonr

from evalrun.core.errors import ConfigError, DataError
from evalrun.runners.agreement.repeated import without_repeated

MINE = str(FIXTURES / "mine.csv")


def test_agreements_of_the_official_variant_are_those_worked_out_by_hand() -> None:
    study = study_of(*SMALL, MINE)
    # Alpha: a b c d e; beta: a b d c e; mine: e d b c a; risk, as shipped: e d c b a
    tied = 1 / math.sqrt(10 * 9)  # c and d are equal in the aggregate
    assert agreements_of(study) == pytest.approx(
        {
            ("Alpha", "beta"): 0.8,
            ("Alpha", "risk"): -1.0,
            ("Alpha", "mine"): -0.8,
            ("beta", "risk"): -0.8,
            ("beta", "mine"): -0.6,
            ("risk", "mine"): 0.8,
            ("Alpha", "aggregate"): 9 * tied,
            ("beta", "aggregate"): 9 * tied,
            ("risk", "aggregate"): -9 * tied,
            ("mine", "aggregate"): -7 * tied,
        }
    )
    assert study.aggregate.scores == {
        "model_a": 1.0,
        "model_b": 0.75,
        "model_c": 0.375,
        "model_d": 0.375,
        "model_e": 0.0,
    }
    assert (study.field.own, study.field.needed) == (("mine",), 1)


def test_the_fixed_variant_leaves_a_member_out_and_turns_scores_round() -> None:
    found = agreements_of(study_of(*SMALL, MINE, "variant=fixed"))
    assert found["Alpha", "aggregate"] == found["beta", "aggregate"] == pytest.approx(0.8)
    assert found["risk", "aggregate"] == pytest.approx(9 / math.sqrt(90))
    assert found["Alpha", "risk"] == pytest.approx(1.0)
    assert found["average", "aggregate"] == pytest.approx(-9 / math.sqrt(90))


def test_pairs_that_share_too_few_models_are_left_out() -> None:
    found = agreements_of(study_of(*SMALL))
    assert not [pair for pair in found if "Alpha (hard)" in pair]
    found = agreements_of(study_of(*SMALL, "min_shared=4"))
    assert found["Alpha", "Alpha (hard)"] == pytest.approx(1.0)
    assert not agreements_of(study_of(*SMALL, "n_models=6"))


def test_directed_strategies_order_by_one_of_the_two_or_by_the_aggregate() -> None:
    directed = ("n_models=3", "min_shared=3", "strategies=top_aggregate")
    fixed = agreements_of(study_of(*SMALL, MINE, "variant=fixed", *directed))
    # The aggregate's best three: a, b, c (before d in the file); mine has a 1, b 3, c 2.
    assert fixed["mine", "aggregate"] == pytest.approx(-1 / 3)
    official = agreements_of(study_of(*SMALL, MINE, *directed))
    # By the aggregate a b c, by mine e d b.
    assert official["mine", "aggregate"] in (pytest.approx(-1 / 3), pytest.approx(-1.0))
    assert official == agreements_of(study_of(*SMALL, MINE, *directed))


def test_a_constant_scenario_agrees_with_nothing(tmp_path: Path) -> None:
    same = tmp_path / "same.csv"
    same.write_text("model,same\n" + "".join(f"model-{m},7\n" for m in "abcde"))
    study = study_of(*SMALL, str(same), "correlations=kendall,pearson")
    assert agreements_of(study)["same", "aggregate"] is None
    assert "same" not in {standing.pair.scenario for standing in study.standings}


def test_what_is_not_there_is_said() -> None:
    study = study_of(
        *SMALL[:2], "n_models=0", "aggregate.scenarios=[Alpha,gone]", "scenarios=[beta,lost]"
    )
    assert "not there for the aggregate: gone" in study.field.notes
    assert "not there to compare: lost" in study.field.notes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*SMALL, "aggregate.scenarios=[Alpa]"), "no benchmark 'Alpa': did you mean 'Alpha'?"),
        ((*SMALL, "scenarios=[betta]"), "no benchmark 'betta': did you mean 'beta'?"),
        ((MINE,), "the sources hold mine alone: name another, or recipe=benchbench"),
        ((str(FIXTURES / "none"),), "is no CSV file, and no folder of such files or of runs"),
    ],
)
def test_nothing_to_compare_is_an_error_that_names_the_way_out(arguments, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        study_of(*arguments)
    assert message in str(caught.value)


def test_the_name_of_the_reference_is_taken(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("model,aggregate,other\na,1,2\n")
    with pytest.raises(ConfigError, match="a benchmark is called 'aggregate'"):
        study_of(str(tmp_path / "x.csv"))


def test_without_a_catalog_the_command_that_fetches_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run `evalrun fetch benchbench`"):
        study_of("recipe=benchbench", f"data_dir={tmp_path}")


def test_a_checkout_of_the_repository_is_a_catalog(tmp_path: Path) -> None:
    assets = tmp_path / "src" / "bat" / "assets"
    assets.parent.mkdir(parents=True)
    assets.symlink_to(FIXTURES)
    found = agreements_of(study_of(*SMALL, f"data_dir={tmp_path}"))
    assert found == agreements_of(study_of(*SMALL))


def test_folders_of_files_are_sources_of_the_users_own() -> None:
    study = study_of(
        *(
            str(FIXTURES / "benchmarks" / f"{n}")
            for n in ("alpha_240101_holistic.csv", "beta_240101_holistic.csv")
        ),
        "correlations=pearson",
    )
    # Without a catalog all are compared with the aggregate of the others.
    assert study.field.own == ("alpha", "alpha_hard", "beta")
    with pytest.raises(DataError, match="broken_240101_longcontext"):
        study_of(str(FIXTURES / "benchmarks"), "variant=official")


def test_of_repeated_scenarios_that_with_most_shared_models_is_kept() -> None:
    large = scenario("x", "large", a=1, b=2, c=3)
    small = scenario("x", "small", a=1, b=2)
    other = scenario("y", "other", b=1, c=2)
    chosen = without_repeated([small, large, other], (), "official")
    assert chosen.scenarios == (large, other)
    assert chosen.notes == ("x: kept that of large, not of small",)


def test_the_users_own_scenario_goes_first_in_the_fixed_variant() -> None:
    mine, large = scenario("x", "mine", a=1), scenario("x", "large", a=1, b=2)
    assert without_repeated([large, mine], {"mine"}, "fixed").scenarios == (mine,)
    assert without_repeated([large, mine], {"mine"}, "official").scenarios == (large,)


# What the official code at commit 1dfd46a gives for its example (newbench_example.py), run with
# lvbench removed, the models of a draw sorted and files in the order of their names: z-score, mean
# agreement with the aggregate and mean p-value.
OFFICIAL = {
    ("kendall", 10): {
        "my_bench": (0.8372343483858644, 0.8222222222222221, 0.0016833847736625513),
        "Holmes": (-1.4794733839233865, 0.15555555555555553, 0.6006536596119929),
        "LMSys Arena": (0.06499843761611437, 0.6, 0.07359972075249853),
        "HELM AirBench AIR Score": (-2.7740958608183717, -0.21699107137826992, 0.4505554941668462),
    },
    ("kendall", 0): {
        "my_bench": (0.4806967638046457, 0.7348484848484849, 1.1128352463814312e-11),
        "Holmes": (-1.5189291775803144, 0.15555555555555553, 0.6006536596119929),
        "LMSys Arena": (0.23428051624949447, 0.6634615384615385, 5.597059622204876e-15),
        "HELM AirBench AIR Score": (-2.971300711217096, -0.26519741765271837, 0.18822417619285137),
    },
    ("pearson", 0): {
        "my_bench": (0.5846730171115134, 0.8902003454212716, 4.121650585049197e-12),
        "Holmes": (-1.712921324587095, 0.1816074065703486, 0.615578891277665),
        "LMSys Arena": (0.43175612148548176, 0.8430397868731067, 1.2697958169922638e-18),
        "HELM AirBench AIR Score": (-3.2262030769300605, -0.28509846258209115, 0.32315617391885293),
    },
}


@pytest.mark.parametrize(("correlation", "size"), OFFICIAL)
def test_the_official_example_has_the_official_numbers(
    shared_data: Path, correlation: str, size: int
) -> None:
    folder = shared_data / "benchbench"
    study = study_of(
        "recipe=benchbench",
        f"data_dir={folder}",
        str(folder / "examples" / "my_bench.csv"),
        f"correlations={correlation}",
        f"n_models={size}",
    )
    assert (len(study.field.members), study.field.needed) == (6, 2)
    assert len(study.standings) == (23 if size else 26)
    found = {standing.pair.scenario: standing for standing in study.standings}
    for name, expected in OFFICIAL[correlation, size].items():
        standing = found[name]
        numbers = (standing.z, standing.pair.agreement, standing.pair.p)
        assert numbers == pytest.approx(expected, abs=1e-9)


def test_all_71_scenarios_are_compared_pair_by_pair(shared_data: Path) -> None:
    data = f"data_dir={shared_data / 'benchbench'}"
    both = "correlations=kendall,pearson"
    study = study_of("recipe=benchbench", data, "scenarios=[]", "n_models=0", both)
    assert len(study.field.scenarios) == 71
    by_name = {s.name: s.scores for s in (*study.field.scenarios, study.aggregate)}
    assert len(study.agreements) > 3000
    for row in study.agreements[::97]:
        one, other = by_name[row.scenario], by_name[row.reference]
        shared = [model for model in one if model in other]
        assert row.n_shared == len(shared) >= 5
        measure = kendalltau if row.setting.correlation == "kendall" else pearsonr
        value, p = measure([one[m] for m in shared], [other[m] for m in shared])
        assert (row.value, row.p) == (pytest.approx(value), pytest.approx(p))
