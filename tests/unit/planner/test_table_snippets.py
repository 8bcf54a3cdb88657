from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from agentomics_nb.planner.offline.library.features import matrix, table, text
from agentomics_nb.planner.offline.library.models import blend, boosting, forest, linear, svm

CLASSIFIERS = [
    linear.logistic_regression,
    linear.sparse_logistic_regression,
    linear.tuned_logistic_regression,
    lambda **options: boosting.boosted_classifier(rounds=20, min_leaf=5, **options),
    svm.svm_classifier,
    lambda **options: forest.extra_trees_classifier(trees=30, **options),
]
REGRESSORS = [
    linear.ridge_regression,
    linear.tuned_ridge_regression,
    lambda **options: boosting.boosted_regressor(rounds=40, min_leaf=5, **options),
    svm.svm_regressor,
    lambda **options: forest.extra_trees_regressor(trees=30, **options),
]


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.lognormal(size=(80, 6)), columns=[f"g{k}" for k in range(6)])


@pytest.mark.parametrize("build", CLASSIFIERS)
@pytest.mark.parametrize("weight", [None, "balanced"])
def test_a_classifier_learns_text_labels_and_repeats_itself(rows, build, weight):
    label = np.where(rows["g0"] > 1.5, "rare", "usual")
    models = [
        make_pipeline(table.numeric(), clone(build(class_weight=weight, seed=3))).fit(rows, label) for _ in range(2)
    ]
    chances = [model.predict_proba(rows) for model in models]
    assert list(models[0].classes_) == ["rare", "usual"]
    assert np.allclose(chances[0].sum(axis=1), 1)
    assert np.array_equal(*chances)
    assert (models[0].predict(rows) == label).mean() > 0.8


@pytest.mark.parametrize("build", REGRESSORS)
def test_a_regressor_learns_a_sum(rows, build):
    target = 1000 + 50 * np.log(rows["g0"]) + 50 * np.log(rows["g1"])
    model = make_pipeline(matrix.intensities(), build(seed=0)).fit(rows, target)
    assert np.corrcoef(model.predict(rows), target)[0, 1] > 0.9


def test_a_support_vector_machine_never_turns_noise_around():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(60, 400))
    label = np.repeat(["a", "b"], 30)
    chance = svm.svm_classifier().fit(noise, label).predict_proba(noise)[:, 1]
    assert chance[30:].mean() > chance[:30].mean()


def test_the_mean_of_logits_lies_between_its_members(rows):
    rows = np.log(rows)
    label = np.where(rows["g0"] > 0, "b", "a")
    models = [("linear", linear.logistic_regression(C=0.01)), ("tuned", linear.logistic_regression(C=1.0))]
    both = blend.MeanOfLogits(models).fit(rows, label).predict_proba(rows)
    single = [model.fit(rows, label).predict_proba(rows) for _, model in models]
    logits = [np.log(p[:, 1] / p[:, 0]) for p in (both, *single)]
    assert np.allclose(logits[0], (logits[1] + logits[2]) / 2, atol=1e-6)


def test_labels_may_have_any_index(rows):
    label = pd.Series(np.where(rows["g0"] > 1.5, "rare", "usual"), index=rows.index)
    later = rows.index[10:]
    assert svm.svm_classifier().fit(rows.loc[later], label[later]).predict(rows).shape == (80,)


@pytest.mark.parametrize(
    "build", [table.numeric, table.numeric_ranks, table.numeric_curves, table.numeric_as_is, matrix.log_expression]
)
def test_numbers_survive_words_infinities_and_empty_columns(rows, build):
    odd = rows.assign(g0=rows["g0"].astype(str), g1=np.nan)
    odd.loc[3, "g0"] = "below detection"
    odd.loc[4, "g2"] = np.inf
    numbers = build().fit_transform(odd, None)
    assert numbers.shape[0] == len(odd)
    assert not np.isinf(numbers).any()


@pytest.mark.parametrize(
    "build",
    [
        matrix.log_expression,
        matrix.count_matrix,
        matrix.composition,
        matrix.methylation,
        matrix.intensities,
        table.numeric,
        table.numeric_ranks,
        table.numeric_curves,
    ],
)
def test_the_features_of_a_row_do_not_depend_on_the_rows_beside_it(rows, build):
    rows.iloc[::7, 2] = np.nan
    fitted = build().fit(rows)
    assert np.allclose(fitted.transform(rows)[[5]], fitted.transform(rows.iloc[[5]]))


def test_depth_does_not_matter_to_counts_nor_to_compositions(rows):
    counts = (100 * rows).round()
    deeper = counts.mul(np.linspace(1, 9, len(rows)).round(), axis=0)
    for build in (matrix.count_matrix, matrix.composition):
        assert np.allclose(build().fit_transform(counts), build().fit(counts).transform(deeper))


def test_a_feature_selection_keeps_the_signal_and_drops_the_noise():
    rng = np.random.default_rng(2)
    values = pd.DataFrame(rng.normal(size=(60, 200)))
    label = np.where(values[17] > 0, "a", "b")
    values[17] *= 3
    chosen = matrix.log_expression(strongest=1).fit(values, label)
    assert abs(np.corrcoef(chosen.transform(values)[:, 0], values[17])[0, 1]) > 0.999


def test_an_identifier_is_left_out(rows):
    named = rows.assign(sample=[f"S{k}" for k in range(len(rows))])
    assert matrix.log_expression(leave_out=["sample"]).fit_transform(named).shape == (80, 6)


def test_rare_unseen_and_missing_categories_have_a_place():
    seen = pd.DataFrame({"tissue": ["liver"] * 9 + ["lung"] * 9 + ["eye", None]})
    encoded = table.categorical(["tissue"]).fit(seen)
    new = pd.DataFrame({"tissue": ["liver", "eye", "brain", None]})
    values = encoded.transform(new).toarray()
    assert values[0].tolist() != values[1].tolist()
    assert values[1].tolist() == values[2].tolist() == values[3].tolist()


def test_a_missing_value_is_told_from_the_median():
    rows = pd.DataFrame({"age": [1.0, 2.0, 3.0, np.nan, 2.0]})
    values = table.numeric().fit_transform(rows)
    assert values.shape == (5, 2)
    assert values[3, 0] == values[1, 0]
    assert values[3, 1] != values[1, 1]


def test_smiles_are_cut_at_atoms_and_keep_their_case():
    encoded = text.atom_runs("smiles", longest=1).fit(pd.DataFrame({"smiles": ["CCl", "c1ccccc1[N+](C)Br"]}))
    tokens = set(encoded[-1].get_feature_names_out())
    assert {"C", "c", "Cl", "Br", "[N+]"} <= tokens
    assert "l" not in tokens


@pytest.mark.parametrize("build", [text.words, text.letter_runs, text.atom_runs])
def test_missing_and_blank_texts_are_read(build):
    seen = pd.DataFrame({"note": [None, "  ", "?", None]}, dtype="str")
    encoded = build("note").fit(seen)
    assert encoded.transform(seen).shape[0] == 4
    assert np.array_equal(encoded.transform(seen).toarray()[0], encoded.transform(seen).toarray()[1])
