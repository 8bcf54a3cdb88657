from __future__ import annotations

import ast

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.dataset import inspect
from agentomics_nb.planner.offline import assemble, scripts
from agentomics_nb.planner.offline.families.matrix import MATRIX, SCALES, measurement
from agentomics_nb.planner.offline.families.table import TABLE, Columns
from agentomics_nb.planner.offline.families.variation import vary
from agentomics_nb.planner.offline.recipe import Call, Member, Recipe

RNG = np.random.default_rng(0)
LABEL = np.where(RNG.random(120) < 0.25, "case", "control")


def written(tmp_path, columns, target=LABEL, **options):
    frame = pd.DataFrame(columns)
    frame["target"] = target
    frame.to_csv(tmp_path / "train.csv", index=False)
    return inspect(tmp_path / "train.csv", **options)


@pytest.fixture
def wide(tmp_path):
    return written(tmp_path, {f"gene{k}": RNG.normal(8, 2, 120) for k in range(80)})


@pytest.fixture
def clinical(tmp_path):
    return written(
        tmp_path,
        {
            "patient": [f"P-{k:04d}" for k in range(120)],
            "age": RNG.normal(50, 9, 120),
            "dose": RNG.lognormal(size=120),
            "tissue": RNG.choice(["liver", "lung", "skin"], 120),
        },
    )


def test_a_wide_matrix_is_told_from_a_table(wide, clinical):
    assert MATRIX.fits(wide)
    assert not MATRIX.fits(clinical)
    assert TABLE.fits(clinical)


@pytest.mark.parametrize("metric", ["auroc", "balanced_accuracy"])
def test_every_script_of_every_recipe_compiles(wide, clinical, metric):
    for family, dataset in ((MATRIX, wide), (TABLE, clinical)):
        ladder = family.ladder(dataset, {}, metric=metric)
        assert len(ladder) >= 5
        assert len({recipe.key for recipe in ladder}) == len(ladder)
        for recipe in ladder:
            for source in (
                scripts.features_script(recipe),
                scripts.model_script(recipe, classification=True),
                scripts.train_script(recipe, dataset, seed=0, threads=1),
                scripts.inference_script(recipe, dataset),
            ):
                ast.parse(source)


def test_every_probe_names_a_function_of_the_library(wide, clinical):
    for family, dataset in ((MATRIX, wide), (TABLE, clinical)):
        for probe in family.explore(dataset, groups=None):
            tree = ast.parse(assemble.snippet("probes", probe.call.snippet))
            assert probe.call.function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_identifiers_and_the_group_column_are_no_features(clinical):
    columns = Columns.of(clinical, {"group_column": "tissue"})
    assert columns.numbers == ("age", "dose")
    assert columns.categories == ()
    assert "patient" not in columns.written


def test_a_table_of_names_only_still_gets_a_model(tmp_path):
    dataset = written(tmp_path, {"sample": [f"S-{k:03d}-{LABEL[k][:2]}" for k in range(120)]})
    (call,) = TABLE.ladder(dataset, {}, metric="auroc")[0].members[0].features
    assert call == Call("text", "letter_runs", {"column": "sample", "features": 20_000})


def test_classes_are_weighted_only_where_the_metric_counts_them_equally(clinical):
    def weights(metric):
        return {r.members[0].model.arguments.get("class_weight") for r in TABLE.ladder(clinical, {}, metric=metric)}

    assert weights("balanced_accuracy") == {"balanced"}
    assert weights("auroc") == {None}


def test_trees_come_early_where_the_probe_saw_them_win(wide, clinical):
    for family, dataset in ((MATRIX, wide), (TABLE, clinical)):
        won = [r.key for r in family.ladder(dataset, {"trees_gain": 0.05}, metric="auroc")]
        lost = [r.key for r in family.ladder(dataset, {"trees_gain": -0.05}, metric="auroc")]
        assert won[1] == "boosting"
        assert lost.index("boosting") > 1
        assert won[0] == lost[0]


def test_a_short_panel_comes_early_where_few_features_tell(wide):
    findings = {"significant_features": 3, "tested_features": 80}
    assert MATRIX.ladder(wide, findings, metric="auroc")[1].key == "panel-linear"


@pytest.mark.parametrize("scale", SCALES)
def test_the_probe_decides_the_transform(wide, scale):
    (call, *_) = MATRIX.ladder(wide, {"measurement": scale}, metric="auroc")[0].members[0].features
    assert call.function == SCALES[scale].function


@pytest.mark.parametrize(
    ("name", "values", "scale"),
    [
        ("gene", RNG.negative_binomial(1, 0.002, (120, 70)), "counts"),
        ("g__taxon", RNG.negative_binomial(1, 0.002, (120, 70)), "composition"),
        ("cg", RNG.beta(0.5, 0.5, (120, 70)), "beta values"),
        ("metabolite", RNG.lognormal(6, 1.5, (120, 70)), "intensities"),
        ("gene", RNG.normal(0, 1, (120, 70)), "log scale"),
    ],
)
def test_without_a_probe_the_ranges_decide_the_transform(tmp_path, name, values, scale):
    dataset = written(tmp_path, {f"{name}{k}": values[:, k] for k in range(70)})
    assert measurement(dataset, {}) == scale


def test_insights_name_what_matters(clinical):
    found = {
        "missing_share": 0.1,
        "telling_gap": "dose",
        "linear_score": 0.7,
        "trees_score": 0.8,
        "score_name": "AUROC",
        "strongest_category": "tissue",
        "category_strength": 0.3,
    }
    sentences = " ".join(TABLE.insights(clinical, found))
    for words in ("10 %", "dose", ".800", "Thresholds or interactions", "tissue"):
        assert words in sentences
    assert TABLE.insights(clinical, {}) == ()


def test_a_class_is_called_rare_beside_an_even_split_only(tmp_path):
    ten = np.array([f"type{k % 10}" for k in range(120)])
    assert TABLE.insights(written(tmp_path, {"age": RNG.normal(size=120)}, target=ten), {}) == ()
    rare = np.array(["rare" if k < 8 else "usual" for k in range(120)])
    (told,) = TABLE.insights(written(tmp_path, {"age": RNG.normal(size=120)}, target=rare), {})
    assert told.startswith("rare makes up 6.7 %")


def test_noise_in_first_models_is_not_taken_for_structure(clinical):
    found = {"linear_score": 0.744, "trees_score": 0.759, "score_name": "AUROC", "probed_rows": 150}
    assert "cannot be told apart" in " ".join(TABLE.insights(clinical, found))
    assert "hardly beat chance" in " ".join(
        TABLE.insights(clinical, found | {"linear_score": 0.5, "trees_score": 0.52})
    )


def test_words_for_a_matrix_follow_the_scale_that_its_recipes_use(tmp_path):
    taxa = written(tmp_path, {f"g__{k}": RNG.negative_binomial(1, 0.002, 120) for k in range(70)})
    assert "only ratios within a sample" in " ".join(MATRIX.insights(taxa, {"measurement": "counts"}))


def test_ideas_name_what_is_in_the_table(tmp_path):
    words = RNG.choice(["mutation", "kinase", "relapse", "biopsy", "lung"], (120, 8))
    notes = written(tmp_path, {"note": [" ".join(row) for row in words]})
    ideas = [recipe.idea for recipe in TABLE.ladder(notes, {}, metric="auroc")]
    assert ideas[0] == "words of a text, logistic regression"
    assert not any("number" in idea or "column" in idea for idea in ideas)
    assert [probe.call.function for probe in TABLE.explore(notes, groups=None)] == ["telling_tokens"]


def _recipe(function, **arguments):
    member = Member("model", (Call("table", "numeric", {}),), Call("any", function, arguments))
    return Recipe("key", "idea", "why", "representation", "architecture.", (member,))


def test_less_freedom_after_overfitting_and_more_after_underfitting():
    recipe = _recipe("boosted_classifier", leaves=15, min_leaf=10, rounds=200)
    stiff, free = (vary(recipe, code).members[0].model.arguments for code in ("overfitting", "underfitting"))
    assert stiff["leaves"] < 15 < free["leaves"]
    assert stiff["min_leaf"] > 10 > free["min_leaf"]
    assert all(isinstance(value, int) for value in (*stiff.values(), *free.values()))
    assert vary(_recipe("logistic_regression", C=1.0), "overfitting").members[0].model.arguments == {"C": 0.25}
    assert vary(_recipe("ridge_regression", alpha=1.0), "overfitting").members[0].model.arguments == {"alpha": 5.0}


def test_a_varied_recipe_says_what_changed():
    varied = vary(_recipe("logistic_regression", C=1.0), "overfitting")
    assert varied.refines == "key"
    assert varied.key != "key"
    assert "C = 0.25 (was 1.0)" in varied.architecture


def test_imbalance_is_answered_by_weights_once_and_never_for_numbers():
    weighted = vary(_recipe("svm_classifier"), "imbalance")
    assert weighted.members[0].model.arguments == {"class_weight": "balanced"}
    assert vary(weighted, "imbalance") is None
    assert vary(_recipe("svm_regressor"), "imbalance") is None
    assert vary(_recipe("svm_regressor"), "drift") is None


def test_a_limit_is_not_crossed():
    assert vary(_recipe("logistic_regression", C=1e-5), "overfitting") is None
