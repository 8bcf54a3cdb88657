from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from agentomics_nb import magic
from agentomics_nb.errors import InputError
from agentomics_nb.options import OPTIONS, RunOptions, duration, options_table, parse, run_parser, size


def test_defaults_are_those_of_the_help():
    options = parse("genes.csv")
    assert options == RunOptions(data="genes.csv")
    assert (options.iterations, options.seed, options.time_limit) == (5, 0, None)


def test_every_option_reaches_its_field():
    options = parse(
        "'my genes.csv' --target y --task regression --metric r2 --validation v.csv --test t.csv --description d.md "
        "--split group=gene --iterations 3 --time-limit 1h30m --cell-time-limit 90 --memory-limit 2G --seed 7 "
        "--threads 2 --name mine --out results --approve bash --detach --json --llm ollama:qwen3:8b "
        "--base-url http://127.0.0.1:1/v1 --api chat --budget 2.50 --price 0.25/0.05/2 --privacy schema --show-prompt "
        "--network --isolation landlock"
    )
    given = options.model_dump(exclude_defaults=True)
    assert given == {
        "data": "my genes.csv", "target": "y", "task": "regression", "metric": "r2", "validation": Path("v.csv"),
        "test": Path("t.csv"), "description": Path("d.md"), "split": "group=gene", "iterations": 3,
        "time_limit": 5400.0, "cell_time_limit": 90.0, "memory_limit": 2 * 1024**3, "seed": 7, "threads": 2,
        "name": "mine", "out": Path("results"), "approve": "bash", "detach": True, "json_output": True,
        "llm": "ollama:qwen3:8b", "base_url": "http://127.0.0.1:1/v1", "api": "chat", "budget": 2.5,
        "privacy": "schema", "show_prompt": True, "price": {"input": 0.25, "cached": 0.05, "output": 2.0},
        "network": True, "isolation": "landlock",
    }  # fmt: skip
    assert set(given) - {"data"} == {option.field for option in OPTIONS}


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("", "DATA"),
        ("a.csv --iterations 0", "--iterations"),
        ("a.csv --iterations 1.5", "--iterations"),
        ("a.csv --seed -1", "--seed"),
        ("a.csv --time-limit soon", "--time-limit"),
        ("a.csv --time-limit 0", "--time-limit"),
        ("a.csv --memory-limit much", "--memory-limit"),
        ("a.csv --task ranking", "--task"),
        ("a.csv --split by-gene", "--split"),
        ("a.csv --split group=", "--split"),
        ("a.csv --name ../escape", "--name"),
        ("a.csv --name .hidden", "--name"),
        ("a.csv --iter 3", "--iter"),
        ("a.csv --llm m --budget 0", "--budget"),
        ("a.csv --llm m --budget much", "--budget"),
        ("a.csv --llm m --price 1", "--price"),
        ("a.csv --llm m --price 1/-2", "--price"),
        ("a.csv --llm m --privacy none", "--privacy"),
        ("a.csv --llm m --api grpc", "--api"),
        ("a.csv b.csv", "b.csv"),
        ("'a.csv", "quotation mark"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_sentence(line, named):
    with pytest.raises(InputError) as caught:
        parse(line)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("30m", 1800), ("1.5h", 5400), ("1h30m", 5400), ("2d", 172800)]
)
def test_durations(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "1x", "-5m", "1h 30m", "m30"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="duration"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "count"), [("1", 1), ("500M", 500 * 1024**2), ("1.5GiB", 3 * 1024**3 // 2), ("2kb", 2048)]
)
def test_sizes(text, count):
    assert size(text) == count


def test_a_command_typed_with_quotes_means_the_same_in_the_magic_and_in_the_shell():
    line = "'my genes.csv' --split 'group=gene id'"
    assert parse(line) == parse(shlex.split(line), prog="agentomics run")


def test_help_magic_usage_and_readme_table_list_every_option():
    for text in (run_parser("agentomics run").format_help(), magic.usage(), options_table()):
        for option in OPTIONS:
            assert option.flag in text
        assert "80 % of the machine" in " ".join(text.split())


def test_options_survive_the_round_trip_through_json():
    options = parse("a.csv --test t.csv --time-limit 10m")
    assert RunOptions.model_validate_json(options.model_dump_json()) == options
