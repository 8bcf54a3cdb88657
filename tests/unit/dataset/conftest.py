"""Tables written for a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def write(tmp_path):
    """Write text or bytes to a file of the test's directory and return its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def table() -> str:
    """A small csv that can be used: two features and a target of two classes."""
    rows = (f"{i * 1.5},{i % 3},{'xy'[i % 2]}\n" for i in range(20))
    return "a,b,target\n" + "".join(rows)
