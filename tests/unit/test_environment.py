from __future__ import annotations

import os
import random
import string
import sys
from pathlib import Path

import pytest

from agentomics_nb.environment import is_secret, redact, scrubbed, secrets_of

SECRET_NAMES = [
    "OPENAI_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "PGPASSWORD", "MYSQL_PWD",
    "DB_PASS", "SSH_AUTH_SOCK", "KAGGLE_KEY", "MYTOKEN", "dbPassword", "apiKey", "JUPYTER_TOKEN",
    "SESSION_COOKIE", "PRIVATE_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "JWT_SIGNING", "SLACK_WEBHOOK",
    "GITHUB_PAT", "WANDB_APIKEY", "KUBECONFIG", "DBUS_SESSION_BUS_ADDRESS", "ANTHROPIC_AUTH",
]  # fmt: skip
HARMLESS = {
    "PATH": "/usr/local/bin:/usr/bin",
    "HOME": "/home/ada",
    "PWD": "/home/ada/work",
    "LANG": "de_DE.UTF-8",
    "KEYBOARD_LAYOUT": "de",
    "MONKEY": "rhesus",
    "XDG_SESSION_ID": "12",
    "TOKENIZERS_PARALLELISM": "false",
    "GIT_AUTHOR_NAME": "Ada",
    "CONDA_PREFIX": "/opt/conda/envs/omics-2026a",
    "LD_LIBRARY_PATH": "/usr/local/cuda-13.0/lib64:/opt/intel/oneapi/mkl/2026.0/lib/intel64",
    "OPENBLAS_CORETYPE": "Haswell",
    "CUDA_VISIBLE_DEVICES": "GPU-3f2a1b4c-9d8e-7f6a-5b4c-3d2e1f0a9b8c",
    "LS_COLORS": "rs=0:di=01;34:ln=01;36:mh=00:pi=40;33",
    "SLURM_JOB_NODELIST": "node[001-004]",
    "MODULEPATH": "/cvmfs/software/2026/modules/all:/opt/modules",
    "DATABASE_URL": "postgresql://localhost:5432/omics",
    "PYTHON_VERSION": "3.11.7",
    "JAVA_HOME": "/usr/lib/jvm/java-21-openjdk-amd64",
    "COMPILER": "x86_64-conda-linux-gnu-gcc-14.2.0",
}


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_that_says_secret_goes_whatever_its_value(name):
    assert name not in scrubbed({name: "x"}, threads=None)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_program_needs_stays(name):
    kept = scrubbed({name: HARMLESS[name]}, threads=None)
    assert kept[name].endswith(HARMLESS[name])


@pytest.mark.parametrize(
    "value",
    [
        "sk-proj-abcdefghijklmnop",
        "ghp_abcdefghijklmnopqrstuvwxyz",
        "github_pat_11ABCDEFG0abcdefghij",
        "hf_abcdefghijklmnopqrst",
        "AKIAABCDEFGHIJKLMNOP",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "xoxb-1234567890-abcdef",
        "postgres://ada:lovelace@db.example.org/omics",
        "http://ada:lovelace@proxy.example.org:3128",
        "https://abcdefghijklmnopqrstuvwx@git.example.org/r.git",
        "Authorization: Bearer abcdefghijklmnop",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
)
def test_a_value_in_the_form_of_a_key_goes_whatever_its_name(value):
    assert "HARMLESS" not in scrubbed({"HARMLESS": value}, threads=None)
    assert "HOME" not in scrubbed({"HOME": value}, threads=None)


@pytest.mark.parametrize("alphabet", [string.ascii_letters + string.digits, "0123456789abcdef"])
def test_nearly_all_random_text_is_taken_for_a_key(alphabet):
    source = random.Random(0)
    values = ["".join(source.choices(alphabet, k=40)) for _ in range(500)]
    assert sum(is_secret("SETTING", value) for value in values) >= 490


def test_the_run_is_repeatable_and_python_is_this_one():
    environment = scrubbed({"PATH": "/usr/bin", "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "64"}, threads=3)
    assert environment["PYTHONHASHSEED"] == "0"
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        assert environment[name] == "3"
    assert scrubbed({"OMP_NUM_THREADS": "64"}, threads=None)["OMP_NUM_THREADS"] == "64"


def test_nothing_of_the_jupyter_server_is_left():
    assert not [name for name in scrubbed({"JPY_PARENT_PID": "1", "JPY_X": "2"}, threads=1) if "JPY" in name]


def test_secrets_are_redacted_longest_first():
    environ = {"A_TOKEN": "abcdefgh", "B_TOKEN": "abcdefgh-longer", "URL": "http://ada:lovelace1@host/"}
    secrets = secrets_of(environ)
    assert redact("x abcdefgh-longer, abcdefgh, lovelace1", secrets) == "x [secret], [secret], [secret]"


def test_everyday_words_and_real_paths_are_not_redacted(tmp_path):
    environ = {
        "AUTH_MODE": "disabled",
        "MY_KEY": "1",
        "KEY_FILE": str(tmp_path),
        "JPY_SESSION_NAME": "study.ipynb",
    }
    text = f"disabled 1 {tmp_path} study.ipynb"
    assert redact(text, secrets_of(environ)) == text


def test_a_short_secret_does_not_garble_the_text():
    assert redact("a b c", ["a", "b"]) == "a b c"
