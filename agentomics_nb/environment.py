"""The environment that agent code gets: all that a program needs to run, and nothing that opens a door.

A variable goes if its name says that it holds a secret, or if its value looks like one. Names are judged word
by word (``SSH_AUTH_SOCK`` has the word AUTH, ``KEYBOARD_LAYOUT`` does not have the word KEY), values by the
known forms of keys and tokens and, for the rest, by how random they look. In doubt a variable goes: agent
code seldom needs one.
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
)
"""What the numeric libraries read, once, when they are imported."""

_NEEDED = frozenset(
    {
        "CONDA_DEFAULT_ENV", "CONDA_EXE", "CONDA_PREFIX", "CONDA_PYTHON_EXE", "CUDA_HOME",
        "CUDA_VISIBLE_DEVICES", "DYLD_LIBRARY_PATH", "HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH",
        "LD_PRELOAD", "LOGNAME", "MAMBA_EXE", "MAMBA_ROOT_PREFIX", "OPENBLAS_CORETYPE", "PATH", "PWD",
        "PYTHONPATH", "SHELL", "SSL_CERT_DIR", "SSL_CERT_FILE", "TERM", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV",
        "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_SESSION_CLASS",
        "XDG_SESSION_ID", "XDG_SESSION_TYPE",
    }
)  # fmt: skip
"""Kept whatever they look like, unless an address in them holds a password."""

_DOORS = frozenset({"DOCKER_CONFIG", "KRB5CCNAME", "KUBECONFIG"})
"""Lead to files with credentials, and neither their names nor their values say so."""

_PARENTAL = re.compile(r"JPY_|AGENTOMICS_")
"""What tells a program which Jupyter server or run it belongs to: not true of the agent kernel."""

_SECRET_WORDS = frozenset(
    {
        "AUTH", "AUTHORIZATION", "BEARER", "COOKIE", "COOKIES", "CRED", "CREDENTIAL", "CREDENTIALS", "CREDS",
        "DSN", "JWT", "KEY", "KEYS", "NETRC", "OAUTH", "PASS", "PASSPHRASE", "PASSWD", "PASSWORD",
        "PASSWORDS", "PAT", "PGPASS", "PGPASSFILE", "PRIVATE", "PWD", "SECRET", "SECRETS", "SESSION",
        "SIGNATURE", "TOKEN", "TOKENS", "WEBHOOK",
    }
)  # fmt: skip

# Parts that name a secret even where nothing sets them apart: MYTOKEN, dbpassword. TOKENIZERS_… is harmless.
_SECRET_PARTS = re.compile(r"TOKEN(?!IZ)|SECRET|PASSW|PASSPHRASE|CREDENTIAL|(?:API|ACCESS|PRIVATE|AUTH|SEC)KEY|COOKIE")

_SECRET_FORMS = re.compile(
    r"""
      (?<![A-Za-z0-9]) (?:sk|pk|rk)[-_][A-Za-z0-9_-]{12,}       # OpenAI, Anthropic, Stripe
    | (?<![A-Za-z0-9]) gh[pousr]_[A-Za-z0-9]{16,}               # GitHub
    | (?<![A-Za-z0-9]) github_pat_[A-Za-z0-9_]{16,}
    | (?<![A-Za-z0-9]) glpat-[A-Za-z0-9_-]{12,}                 # GitLab
    | (?<![A-Za-z0-9]) (?:hf|r8|nvapi|gsk|xai|npm|dop|pypi|tvly|pplx)[-_][A-Za-z0-9_-]{16,}
    | (?<![A-Za-z0-9]) xox[abeprs]-[A-Za-z0-9-]{10,}            # Slack
    | (?<![A-Za-z0-9]) (?:AKIA|ASIA)[A-Z0-9]{12,}               # AWS
    | (?<![A-Za-z0-9]) AIza[A-Za-z0-9_-]{30,}                   # Google
    | (?<![A-Za-z0-9]) ya29\.[A-Za-z0-9_-]{16,}
    | (?<![A-Za-z0-9]) eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+     # JSON web token
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY
    | (?i:\b(?:bearer|basic)\s+[A-Za-z0-9+/._~-]{12,})
    """,
    re.VERBOSE,
)
_URL_WITH_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@")
_URL_WITH_USER = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]{16,}@")
_RANDOM_LOOKING = re.compile(r"(?<![A-Za-z0-9+/_=.-])[A-Za-z0-9+/_=.-]{24,}(?![A-Za-z0-9+/_=.-])")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

SHORTEST_REDACTED = 8
"""Shorter values are words of everyday text too often to be replaced in it."""


def scrubbed(environ: Mapping[str, str], *, threads: int | None) -> dict[str, str]:
    """Return the environment for agent code.

    Parameters
    ----------
    environ
        The environment to start from, such as `os.environ`.
    threads
        Threads that each numeric library may use; None leaves it to them.

    Returns
    -------
    dict
        Without secrets and without what belongs to the Jupyter server; with this interpreter first on
        ``PATH``, so that ``python`` in a Bash cell is the one the run is about; with hashing fixed, so that a
        run can be repeated.
    """
    kept = without_secrets(environ)
    here = str(Path(sys.executable).parent)
    others = [part for part in kept.get("PATH", os.defpath).split(os.pathsep) if part and part != here]
    kept["PATH"] = os.pathsep.join([here, *others])
    # Where an agent may not write, Python would try to keep what it compiled, and be refused.
    return kept | repeatable(threads) | {"PYTHONDONTWRITEBYTECODE": "1"}


def repeatable(threads: int | None) -> dict[str, str]:
    """Return the variables with which a program gives the same numbers again."""
    # Threads that wait by spinning starve each other where processors are shared: boosting took twice as long.
    return {"PYTHONHASHSEED": "0", "OMP_WAIT_POLICY": "PASSIVE"} | thread_variables(threads)


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without secrets and without what belongs to the Jupyter server."""
    return {name: value for name, value in environ.items() if not _PARENTAL.match(name) and not is_secret(name, value)}


def thread_variables(threads: int | None) -> dict[str, str]:
    """Return the variables that hold each numeric library to a number of threads; none for None."""
    return {} if threads is None else dict.fromkeys(THREAD_VARIABLES, str(threads))


def is_secret(name: str, value: str) -> bool:
    """Return whether a variable must not reach agent code, by its name or by its value."""
    if _URL_WITH_PASSWORD.search(value) or _URL_WITH_USER.search(value) or _SECRET_FORMS.search(value):
        return True
    if name.upper() in _NEEDED:
        return False
    if name.upper() in _DOORS or _names_a_secret(name):
        return True
    return any(_looks_random(part) for part in _RANDOM_LOOKING.findall(value))


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets that `scrubbed` takes out, longest first, as far as they differ from everyday text.

    A password inside an address counts by itself, too. Paths of existing files, plain words
    (``AUTH_MODE=disabled``) and values shorter than `SHORTEST_REDACTED` are left: replacing them would only
    garble what a person reads.
    """
    found: set[str] = set()
    for name, value in environ.items():
        if is_secret(name, value) and not name.startswith("JPY_"):
            if not _is_a_word(value) or _SECRET_PARTS.search(name.upper()):
                found.add(value.strip())
            found.update(re.findall(r"://[^/\s:@]*:([^/\s@]+)@", value))
            found.update(match.group() for match in _SECRET_FORMS.finditer(value))
    long_enough = (value for value in found if len(value) >= SHORTEST_REDACTED and not _is_a_path(value))
    return tuple(sorted(long_enough, key=lambda value: (-len(value), value)))


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every occurrence of a secret value replaced by ``[secret]``.

    Parameters
    ----------
    text
        Anything that a person, a file or a language model will see.
    secrets
        As `secrets_of` returns them; those shorter than `SHORTEST_REDACTED` are passed over.
    """
    for secret in secrets:
        if len(secret) >= SHORTEST_REDACTED and secret in text:
            text = text.replace(secret, "[secret]")
    return text


def holds_secret(text: str) -> bool:
    """Return whether a text holds what has the form of a key, a token or an address with a password."""
    return bool(_SECRET_FORMS.search(text) or _URL_WITH_PASSWORD.search(text))


def redact_forms(text: str) -> str:
    """Return the text without anything that has the form of a key or token, known or not."""
    text = _SECRET_FORMS.sub("[secret]", text)
    return re.sub(r"(://[^/\s:@]*:)[^/\s@]+@", r"\1[secret]@", text)


def _names_a_secret(name: str) -> bool:
    words = [word.upper() for word in _WORD.findall(name)]
    return not _SECRET_WORDS.isdisjoint(words) or bool(_SECRET_PARTS.search(name.upper().replace("_", "")))


def _looks_random(text: str) -> bool:
    """Tell a key from a path, a version or a name.

    In random text the kind of character (lower case, upper case, digit) changes at about every second place
    (47 % in hexadecimal, 62 % in base 62), in names at every fourth or fifth. The entropy in bits a character
    (3.6 in 24 random hexadecimal digits) excludes what merely alternates.
    """
    if text.startswith(("/", "./", "../")) or text.count("/") > 2:
        return False
    runs = re.findall(r"[A-Za-z0-9]{16,}", text)
    if not any(_changes_of_kind(run) > 0.28 * len(run) for run in runs):
        return False
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) > 3.2


def _changes_of_kind(run: str) -> int:
    """Count neighbours of different kinds: lower-case letters, upper-case letters, digits."""
    kinds = ["0" if character.isdigit() else "a" if character.islower() else "A" for character in run]
    return sum(one != other for one, other in pairwise(kinds))


def _is_a_word(value: str) -> bool:
    return value.isalpha() and len(value) < 16 and value in (value.lower(), value.upper(), value.capitalize())


def _is_a_path(value: str) -> bool:
    return value.startswith(("/", "~")) and len(value) < 4096 and Path(value).expanduser().exists()
