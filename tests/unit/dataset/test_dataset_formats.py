"""Files of any common form are read the same: encodings, separators, quotes, compression, parquet."""

from __future__ import annotations

import gzip

import pandas as pd
import pyarrow as pa
import pytest

from agentomics_nb.dataset import Dataset, inspect, read


def through_source(table):
    """Read a table as a generated script would."""
    return eval(table.pandas_source(repr(table.path)), {"pd": pd, "pa": pa})


@pytest.mark.parametrize(("separator", "source"), [(";", 'sep=";"'), ("\t", 'sep="\\t"'), ("|", 'sep="|"')])
def test_a_file_is_read_with_its_separator(write, table, separator, source):
    found = inspect(write("data.csv", table.replace(",", separator)))
    assert found.train.columns == ("a", "b", "target")
    assert found.train.pandas_source("DATA") == f"pd.read_csv(DATA, {source})"
    pd.testing.assert_frame_equal(through_source(found.train), read(found.train))


def test_a_space_parts_columns_where_nothing_else_does(write, table):
    found = inspect(write("data.txt", table.replace(",", " ")))
    assert found.train.columns == ("a", "b", "target")
    pd.testing.assert_frame_equal(through_source(found.train), read(found.train))
    note = inspect(write("note.csv", "note,target\n" + "the patient coughs,x\nno pain today,y\nno pain today,x\n" * 6))
    assert note.train.separator == ","


@pytest.mark.parametrize(
    ("above", "preamble"),
    [("# made by hand, twice\n# on Monday\n", 2), ("sep=,\n", 1), ("#\n", 1)],
)
def test_lines_above_the_header_are_passed_over(write, table, above, preamble):
    plain, found = inspect(write("plain.csv", table)), inspect(write("data.csv", above + table))
    assert found.train.preamble == preamble
    assert (found.columns, found.target) == (plain.columns, plain.target)
    pd.testing.assert_frame_equal(through_source(found.train), through_source(plain.train))
    pd.testing.assert_frame_equal(read(found.train), read(plain.train))


def test_a_header_that_begins_like_a_comment_is_one(write, table):
    assert inspect(write("data.csv", "#" + table)).train.columns == ("#a", "b", "target")
    found = inspect(write("more.csv", "# a comment\n#" + table))
    assert (found.train.preamble, found.train.columns) == (1, ("#a", "b", "target"))
    assert list(through_source(found.train).columns) == ["#a", "b", "target"]


def test_an_encoding_that_was_guessed_is_told_with_a_word_to_judge_it_by(write, table):
    found = inspect(write("data.csv", table.replace("x\n", "kränk\n").encode("latin-1")))
    assert "data.csv is not in UTF-8; it is read as latin-1, such as the word 'kränk'." in found.warnings
    assert not inspect(write("utf8.csv", table.replace("x\n", "kränk\n"))).warnings


def test_a_plain_csv_needs_no_arguments(write, table):
    found = inspect(write("data.csv", table))
    assert found.train.pandas_source('"../data.csv"') == 'pd.read_csv("../data.csv")'
    assert found.train.rows == found.n_rows == 20
    assert (found.train.format, found.train.compression, found.train.encoding) == ("csv", "none", "utf-8")


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("utf-8", "männlich"),
        ("utf-8-sig", "männlich"),
        ("utf-16", "männlich"),
        ("utf-16-le", "männlich"),
        ("latin-1", "männlich"),
        ("cp1252", "10 €"),
        ("cp1251", "мужчина"),
        ("shift_jis", "日本語の男性"),
    ],
)
def test_labels_survive_any_encoding(write, table, encoding, word):
    text = table.replace("x\n", f"{word}\n")
    found = inspect(write("data.csv", text.encode(encoding)))
    assert set(found.target.classes) == {word, "y"}
    assert set(read(found.train, text=("target",))["target"]) == {word, "y"}
    assert set(through_source(found.train)["target"]) == {word, "y"}


def test_an_encoding_that_shows_late_in_the_file_is_still_found(write):
    rows = "".join(f"{i},plain words only,{'xy'[i % 2]}\n" for i in range(20_000))
    path = write("data.csv", ("n,words,target\n" + rows + "1,Ärzte für Änderung,x\n").encode("latin-1"))
    assert inspect(path).train.encoding == "latin-1"


def test_decimal_commas_are_numbers(write):
    rows = "".join(f"{i},5;{'xy'[i % 2]}\n" for i in range(20))
    found = inspect(write("data.csv", "dose;target\n" + rows))
    assert found.column("dose").maximum == 19.5
    assert found.train.pandas_source("D") == 'pd.read_csv(D, sep=";", decimal=",")'


@pytest.mark.parametrize(
    ("separator", "write_number", "source"),
    [
        (",", lambda i: f'"{1000 + 137 * i:,}"', 'thousands=","'),
        (",", lambda i: f'"{i},{i % 10}5"', 'decimal=","'),
        (";", lambda i: f"{1 + i}.{100 + i},5", 'decimal=",", thousands="."'),
        (";", lambda i: f"{1 + i}'{100 + i}.5", """thousands="'\""""),
        ("\t", lambda i: f"{1 + i},{100 + i}.5", 'thousands=","'),
    ],
)
def test_marks_in_numbers_are_understood(write, separator, write_number, source):
    rows = "".join(f"{write_number(i)}{separator}{i % 2}\n" for i in range(30))
    found = inspect(write("data.csv", f"dose{separator}target\n" + rows))
    expected = [float(i) for i in through_source(found.train)["dose"]]
    assert source in found.train.pandas_source("D")
    assert (found.column("dose").kind, found.column("dose").unique) == ("numeric", 30)
    assert read(found.train)["dose"].tolist() == expected


@pytest.mark.parametrize("words", ["01.02.2020", "1,2,3", "1.2.3"])
def test_dates_lists_and_versions_are_no_grouped_numbers(write, words):
    rows = "".join(f"{words};{i};{i % 2}\n" for i in range(30))
    found = inspect(write("data.csv", "when;b;target\n" + rows))
    assert (found.train.decimal, found.train.thousands) == (".", "")
    assert set(read(found.train)["when"]) == {words}


def test_a_regression_target_with_grouped_thousands_is_described(write):
    rows = "".join(f'{i % 4},"{1000 * i + 1000:,}"\n' for i in range(40))
    found = inspect(write("data.csv", "dose,target\n" + rows))
    assert (found.task, found.target.minimum, found.target.maximum) == ("regression", 1000, 40_000)


def test_a_regression_target_with_decimal_commas_is_described(write):
    rows = "".join(f"{i % 4};{i},5\n" for i in range(30))
    found = inspect(write("data.csv", "dose;target\n" + rows))
    assert (found.task, found.target.minimum, found.target.maximum) == ("regression", 0.5, 29.5)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_quoted_separators_and_line_breaks_stay_inside_their_field(write, ending):
    rows = "".join(f'"say ""{i}"", then{ending}more",{i % 4},{i % 2}{ending}' for i in range(20))
    found = inspect(write("data.csv", f"note,b,target{ending}" + rows))
    assert found.train.rows == 20
    assert found.column("note").unique == 20
    assert read(found.train)["note"][3].startswith('say "3", then')


def test_inches_in_words_are_no_quotation_marks(write):
    rows = "".join(f'5" pipe {i % 3},{i},{i % 2}\n' for i in range(20))
    found = inspect(write("data.csv", "pipe,b,target\n" + rows))
    assert (found.train.rows, found.column("pipe").unique) == (20, 3)


def test_row_names_of_r_are_no_column(write):
    rows = "".join(f"sample{i}\t{i * 1.5}\t{i % 2}\n" for i in range(20))
    found = inspect(write("data.tsv", "gene\ttarget\n" + rows))
    assert found.train.columns == ("gene", "target")
    frame = read(found.train, text=("target",))
    assert list(frame.columns) == ["gene", "target"]
    assert frame["gene"][2] == 3.0
    assert through_source(found.train)["gene"].tolist() == frame["gene"].tolist()


def test_an_index_written_by_pandas_is_an_identifier(write):
    frame = pd.DataFrame({"a": [1.5, 2.5] * 10, "target": list("xxyy") * 5})
    found = inspect(write("data.csv", frame.to_csv()))
    assert found.columns[0].name == "Unnamed: 0"
    assert found.columns[0].kind == "identifier"


def zstd(data: bytes) -> bytes:
    return pa.Codec("zstd").compress(data, asbytes=True)


@pytest.mark.parametrize(("ending", "pack", "compression"), [(".gz", gzip.compress, "gzip"), (".zst", zstd, "zstd")])
def test_compressed_tables_are_read_by_us_and_by_scripts(write, tmp_path, table, ending, pack, compression):
    pd.read_csv(write("plain.csv", table)).to_parquet(tmp_path / "plain.parquet")
    parquet = pack((tmp_path / "plain.parquet").read_bytes())
    for path in (write(f"data.csv{ending}", pack(table.encode())), write(f"data.parquet{ending}", parquet)):
        found = inspect(path)
        assert (found.train.compression, found.train.rows) == (compression, 20)
        frame = through_source(found.train)
        assert list(frame.columns) == ["a", "b", "target"]
        pd.testing.assert_frame_equal(frame, read(found.train), check_dtype=False)
        used = "pa." in found.train.pandas_source("x")
        assert ("import pyarrow as pa" in found.train.pandas_imports()) == used


def test_parquet_keeps_its_types_and_its_index_apart(tmp_path):
    frame = pd.DataFrame(
        {
            "group": pd.Categorical(list("abc") * 10),
            "day": pd.date_range("2020-01-01", periods=30),
            "smoker": [True, False] * 15,
            "count": pd.array([1, 2, None] * 10, dtype="Int64"),
            "target": [True, True, False] * 10,
        },
        index=pd.Index([f"p{i}" for i in range(30)], name="patient"),
    )
    frame.to_parquet(tmp_path / "data.parquet")
    found = inspect(tmp_path / "data.parquet")
    kinds = {column.name: column.kind.value for column in found.columns}
    assert kinds == {"group": "categorical", "day": "datetime", "smoker": "categorical", "count": "numeric"}
    assert found.target.classes == ("False", "True")
    assert found.column("count").missing == 10
    assert list(read(found.train, columns=["smoker", "target"], rows=2, text=("target",))["target"]) == ["True", "True"]


def test_labels_survive_as_they_are_written(write):
    labels = ["01", "True", "1.0", "None", "1"]
    rows = "".join(f"{i},{labels[i % 5]}\n" for i in range(50))
    found = inspect(write("data.csv", "a,target\n" + rows))
    assert set(found.target.classes) == set(labels)
    assert set(read(found.train, text=("target",))["target"]) == set(labels)


def test_a_row_may_be_far_longer_than_those_above_it(write):
    genome = "ACGT" * 800_000
    rows = "".join(f"{genome if i == 300 else 'ACGA' * (5 + i % 9)},{i % 2}\n" for i in range(400))
    found = inspect(write("data.csv", "sequence,target\n" + rows))
    assert (found.train.rows, found.column("sequence").length_max) == (400, len(genome))


def test_the_result_survives_json(write, table):
    path = write("train.csv", table.replace("1.5,", "inf,"))
    found = inspect(path, test=write("test.csv", table))
    assert Dataset.model_validate_json(found.model_dump_json()) == found


def test_reading_gives_the_columns_and_rows_asked_for(write, table):
    found = inspect(write("data.csv", table))
    frame = read(found.train, columns=["target", "a"], rows=3)
    assert frame.to_dict("list") == {"target": ["x", "y", "x"], "a": [0.0, 1.5, 3.0]}


def test_two_inspections_of_a_file_are_equal(write):
    rows = "".join(f"{i * 7919 % 1000},{i % 2}\n" for i in range(45_000))
    path = write("data.csv", "a,target\n" + rows)
    assert inspect(path) == inspect(path)
