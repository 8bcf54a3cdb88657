"""Bad input is refused in one sentence that names the file and says what to do."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest

from agentomics_nb.dataset import inspect
from agentomics_nb.errors import InputError

NOISE = bytes(random.Random(0).choices(range(128, 256), k=4000))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.csv", b"", "e.csv is empty"),
        ("e.csv", b"\n \n", "e.csv is empty"),
        ("e.csv", "\ufeff".encode(), "has no header"),
        ("h.csv", b"a,target\n", "a header and no rows"),
        ("h.csv", b"a,target\n\n\n", "a header and no rows"),
        ("i.csv", b"\x89PNG\r\n\x1a\n1234", "is a PNG image"),
        ("z.csv", b"PK\x03\x04 sheet", "save the sheet as csv"),
        ("g.csv", gzip.compress(b"a,target\n"), "add .gz to its name"),
        ("g.csv.gz", b"a,target\n1,2\n", "is not gzip data"),
        ("g.csv.gz", gzip.compress(NOISE * 10)[:900], "damaged or cut short"),
        ("b.csv", b"a,target\n" + b"\x00\x01\x02" * 50, "binary data"),
        ("b.csv", b"a,target\n" + b"1,x\n" * 2000 + b"\x00", "binary data"),
        ("n.csv", b"a,target\n" + NOISE, "in no encoding that can be read"),
        ("u.csv", b"\xff\xfea\x00,\x00t", "begins as utf-16"),
        ("p.parquet", b"a,target\n1,2\n", "not a parquet file"),
        ("p.parquet", b"PAR1 and nothing more", "is damaged or no parquet file"),
        ("x.xlsx", b"PK", "extension that is not known here"),
        ("d.csv", b"a,a,target\n1,2,x\n", "more than one column named 'a'"),
        ("f.csv", b"1.5,2,3\n4,5,6\n", "begins with numbers"),
        ("r.csv", b"a,target\n" + b"1,x\n2,y\n" * 9 + b"1,2,3\n", "3 fields in line 20 where the header has 2"),
        ("r.csv", b"a,b,target\n" + b"1,2,x\n" * 9 + b"1,2\n", "2 fields in line 11 where the header has 3"),
        ("s.csv", b"a,target\n" + b"1,x,\n2,y,\n" * 9, "ends its rows with a separator"),
        ("o.csv", b"target\n" + b"x\ny\n" * 9, "no column besides the target"),
        ("w.csv", b"<!DOCTYPE html><p>404, not found", "is a web page .* download the file again"),
        ("l.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
        ("v.tsv", b"##fileformat=VCFv4.2\n#CHROM\tPOS\n", "is a VCF file .* one row a sample"),
        ("f.csv", b">s1\nACGT\n>s2\nACGA\n", "is a FASTA file .* a column of sequences and a column of labels"),
        ("j.csv", b'{"a": 1, "target": 2}\n', "is JSON and not a table"),
        ("x.h5ad", b"\x89HDF", r"write adata.to_df\(\) with a column of labels"),
        ("x.fasta", b">s1\nACGT\n", "make a csv with a column of sequences"),
        ("t.csv", b"Table S1. Patients\n\na,target\n" + b"1,x\n2,y\n" * 9, "has the title 'Table S1. Patients' above"),
        ("t.csv", b"Table S1,,\na,b,target\n" + b"1,2,x\n2,1,y\n" * 9, "has the title 'Table S1' above"),
        ("s.txt", b"a   target\n" + b"1   x\n10  y\n" * 9, "by varying numbers of spaces"),
        ("r.csv", b"a,target\n" + b"1,x\n2,y\n" * 9 + b"7\n", "1 field in line 20"),
        (
            "m.csv",
            "a,target\n1,kränk\n".encode() + "1,kränk\n2,gesünd\n".encode() * 9 + "3,kränk\n".encode("latin-1") * 2,
            "mixes encodings: it is UTF-8 but for lines such as '3,kränk'",
        ),
        ("k.csv", b"a,target\n" + b"1,x\n1,y\n" * 9, "no column to learn from"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # bytes of gzip hold the time
)
def test_a_file_that_is_no_table_is_refused(write, name, content, message):
    with pytest.raises(InputError, match=message) as caught:
        inspect(write(name, content))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("a,foo", "1,x\n2,y\n" * 9, "name one of 'a', 'foo' with --target"),
        ("Label,LABEL", "1,x\n2,y\n" * 9, "more than one column that may be the target"),
        ("a,target", "1,NA\n2,null\n3,\n" * 9, "has no value in any row"),
        ("a,target", "1,x\n2,x\n" * 9, "is 'x' in each row"),
        ("a,target", "1,1.50\n2,1.5\n" * 9, "is the same number in every row"),
        ("a,target", "".join(f"1,w{i}\n" for i in range(20)), "is different in each row"),
        ("a,target", "1,x\n2,y\n" * 3, "6 rows with a target; at least 10 are needed"),
        ("a,target", "1,x\n2,y\n" * 9 + "3,rare\n", "only one row of class 'rare'"),
        ("a,target", "".join(f"1,{i}.5\n" for i in range(40)) + "1,<0.1\n", "in 1 of 41 rows, such as '<0.1'"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(write, header, rows, message):
    path = write("data.csv", f"{header}\n{rows}")
    with pytest.raises(InputError, match=message):
        inspect(path)


def test_a_constant_is_one_however_it_is_written(write):
    with pytest.raises(InputError, match="is the same number in every row"):
        inspect(write("data.csv", "a,target\n" + "1,1\n2,1.0\n" * 9))


def test_a_file_of_one_column_is_told(write):
    with pytest.raises(InputError, match="read as a single column, 'a:target'; part columns by commas"):
        inspect(write("data.csv", "a:target\n" + "1:x\n2:y\n" * 9))


@pytest.mark.parametrize("role", ["validation", "test"])
def test_words_where_training_has_numbers_are_refused(write, table, role):
    other = write("other.csv", "a,b,target\nmany,1,x\nfew,2,y\n")
    with pytest.raises(InputError, match=r"other.csv holds words such as 'many' in column 'a', which holds numbers in"):
        inspect(write("data.csv", table), **{role: other})
    some = write("some.csv", "a,b,target\nmany,1,x\n2.5,NA,y\n3,?,y\n")
    found = inspect(write("data.csv", table), **{role: some})
    assert [w for w in (*found.warnings, *found.test_warnings) if "some.csv" in w] == [
        "Column 'a' of some.csv holds words such as 'many'; these count as missing."
    ]


def test_a_wrong_target_name_is_answered_with_the_nearest(write, table):
    with pytest.raises(InputError, match="has no column 'targte'; did you mean 'target'"):
        inspect(write("data.csv", table), target="targte")


def test_a_long_list_of_columns_is_shortened(write):
    names = ",".join(f"gene{i}" for i in range(500))
    path = write("data.csv", names + "\n" + (",".join("1" * 500) + "\n") * 20)
    with pytest.raises(InputError, match=r"'gene0', .* … 'gene497', 'gene498', 'gene499' \(500 in all\)") as caught:
        inspect(path)
    assert len(str(caught.value)) < 400


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"There is no file .*nothing\.csv"):
        inspect(tmp_path / "nothing.csv")


def test_an_address_is_no_file():
    with pytest.raises(InputError, match=r"https:/example.org/d.csv is an address and not a file; download it"):
        inspect(Path("https://example.org/d.csv"))


@pytest.mark.parametrize("name", ["x" * 5000 + ".csv", "x" * 300])
def test_a_path_that_no_system_has_is_refused_in_a_short_sentence(tmp_path, name):
    with pytest.raises(InputError, match="is no path of this system") as caught:
        inspect(tmp_path / name)
    assert len(str(caught.value)) < 200


def test_words_are_no_regression(write, table):
    with pytest.raises(InputError, match="use --task classification"):
        inspect(write("data.csv", table), task="regression")


def test_a_missing_description_is_named(write, table, tmp_path):
    with pytest.raises(InputError, match=r"no description .*notes\.md"):
        inspect(write("data.csv", table), description=tmp_path / "notes.md")


def test_lists_in_parquet_are_refused(tmp_path):
    import pandas as pd

    pd.DataFrame({"a": [[1, 2]] * 12, "target": list("xy") * 6}).to_parquet(tmp_path / "l.parquet")
    with pytest.raises(InputError, match="lists or records in column 'a'"):
        inspect(tmp_path / "l.parquet")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_or_folder_without_permission_is_named(write, table):
    path = write("set/train.csv", table)
    path.chmod(0)
    with pytest.raises(InputError, match="may not be read by you"):
        inspect(path)
    path.parent.chmod(0)
    try:
        with pytest.raises(InputError, match="may not be read by you"):
            inspect(path.parent)
    finally:
        path.parent.chmod(0o700)
