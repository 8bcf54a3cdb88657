"""What is strange about new rows is told in one sentence each; what cannot be scored at all is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentomics_nb.errors import InputError
from agentomics_nb.model.acceptance import Acceptance
from agentomics_nb.model.description import ModelColumn, ModelDescription, ModelTarget

DNA = ModelColumn(name="promoter", kind="nucleotide", alphabet="DNA", length=20)
PROTEIN = ModelColumn(name="chain", kind="protein", alphabet="amino acids")
SITE = ModelColumn(name="site", kind="categorical", categories=("1", "2", "colon"))
GENES = [ModelColumn(name=f"g{i}", kind="numeric", minimum=0.0, maximum=10.0) for i in range(6)]


def told(rows: dict[str, object], *columns: ModelColumn, chunks: int = 1, learns: bool = False) -> list[str]:
    target = ModelTarget(name="y", classes=("a", "b"), type="text")
    model = ModelDescription(
        format=1, run="r", iteration=0, task="classification", metric="auroc", target=target, columns=columns,
        inference="inference.py",
    )  # fmt: skip
    frame = pd.DataFrame(rows)
    acceptance = Acceptance("new.csv", model, list(frame.columns), learns=learns)
    for places in np.array_split(np.arange(len(frame)), chunks):
        acceptance.look(frame.iloc[places])
    return acceptance.about_columns() + acceptance.about_values()


def test_rna_codes_of_several_bases_gaps_and_either_case_are_nucleotides():
    assert told({"promoter": ["ACGU" * 5, "acgt" * 5, "NRYK-" * 4, None]}, DNA) == []


def test_a_few_foreign_letters_are_told_with_the_first_row_however_the_rows_come():
    rows = {"promoter": ["ACGT" * 5] * 7 + ["MKLV" * 5] * 2 + ["ACG"]}
    for chunks in (1, 3, 10):
        assert told(rows, DNA, chunks=chunks) == [
            "new.csv holds 'L' in column 'promoter' of nucleotides in 2 of 10 rows, first in row 8; their predictions "
            "mean little.",
            "new.csv holds 1 row with another length in column 'promoter' than the 20 letters of all training "
            "sequences.",
        ]


@pytest.mark.parametrize("learns", [False, True])
def test_another_alphabet_is_refused(learns):
    with pytest.raises(InputError, match=r"holds 'E', 'F' in column 'promoter' of nucleotides in 3 of 3 rows"):
        told({"promoter": ["MEFK" * 5] * 3}, DNA, learns=learns)
    with pytest.raises(InputError, match="holds nothing but nucleotides in column 'chain' of amino acids in 2 of 3"):
        told({"chain": ["ACGT" * 9, "MKWVTFISLL", "ACGU" * 9]}, PROTEIN, learns=learns)
    assert told({"chain": ["MKWVTFISLL", "GATTACA", "MXXB*"]}, PROTEIN, learns=learns) == []


def test_unknown_categories_are_told_unless_nothing_is_known():
    known = "which the model was not trained with; it knows '1', '2', 'colon'."
    assert told({"site": ["1.0", "colon", None, "moon", "moon"]}, SITE) == [
        f"new.csv holds 'moon' in column 'site' in 2 rows, {known}"
    ]
    assert told({"site": ["moon"] * 4}, SITE, chunks=2) == [f"new.csv holds 'moon' in column 'site' in 4 rows, {known}"]
    assert told({"site": [*"abcdefg", "1"]}, SITE) == [
        f"new.csv holds 'a', 'b', 'c', 'd', 'e' and others in column 'site' in 7 rows, {known}"
    ]
    with pytest.raises(InputError, match=r"nothing that the model knows in column 'site', but words such as 'a', 'b'"):
        told({"site": [*"ab"]}, SITE, chunks=2)
    assert told({"site": [*"ab"]}, SITE, learns=True) == []


def test_numbers_of_another_unit_are_told_but_not_a_few_outliers():
    assert told({"g0": [1, 2, 3, 4, 1000]}, GENES[0]) == []
    assert told({"g0": [1000, 2000]}, GENES[0]) == []  # too few to tell
    assert told({"g0": ["1000", "2000", "3000", "4", "9000"]}, GENES[0]) == [
        "new.csv holds 4 to 9000 where training had 0 to 10 in column 'g0'; check its unit."
    ]
    assert told({f"g{i}": np.arange(8) + 11.0 for i in range(6)}, *GENES, chunks=2) == [
        "new.csv has 6 columns of other numbers than in training, such as 'g0' (11 to 18 where training had 0 to 10); "
        "check units and normalisation."
    ]


def test_words_among_numbers_count_over_all_chunks():
    rows = {"g0": ["high"] * 5 + ["1"] * 5}
    assert told(rows, GENES[0], chunks=2) == [
        "new.csv holds words such as 'high' in column 'g0'; these count as missing."
    ]
    with pytest.raises(InputError, match="words such as 'high' in column 'g0', which holds numbers in the training"):
        told({"g0": ["high", "low", "?"]}, GENES[0], chunks=3)


def test_many_strange_columns_are_not_all_listed():
    columns = [SITE.model_copy(update={"name": f"s{i}"}) for i in range(30)]
    notes = told({column.name: ["moon", "1"] for column in columns}, *columns)
    assert len(notes) == 11
    assert notes[-1] == "The same holds for 20 more columns of new.csv."
