"""What a cell tried and may not, read off what it printed.

The system refuses; this makes it visible. What a program tries and keeps to itself stays unseen, and as fruitless.
"""

from __future__ import annotations

import re

MOST_LINES = 10
"""Lines of one cell that count; the rest say no more."""
_REFUSED = re.compile(
    r"\[refused: |Permission denied|Read-only file system|Operation not permitted|Network is unreachable|"
    r"Connection refused|"
    r"Could not resolve host|Name or service not known|Temporary failure in name resolution|Invalid cross-device link"
)


def refusals(text: str) -> list[str]:
    """Return the lines of a cell's output that tell of something refused, each once, at most `MOST_LINES`.

    Lines that begin with ``[refused:`` come from `agentomics_nb.kernel.attempts`.
    """
    found = (line.strip()[:200] for line in text.splitlines() if _REFUSED.search(line))
    return list(dict.fromkeys(found))[:MOST_LINES]
