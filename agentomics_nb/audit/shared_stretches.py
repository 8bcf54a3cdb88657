"""Which sequences belong together: those that share a stretch of letters, directly or through other sequences."""

from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

LETTERS_AT_ONCE = 250_000
UNKNOWN = b"NX*-."
SAID_TWICE = 0.8
"""Share of letters that equal the one 1, 2 or 3 before, from which a stretch is a mere repeat such as AAAA or CACA."""


def components(words: list[str], k: int, both_strands: bool = False, scale: int = 1) -> np.ndarray:
    """Return for each sequence the number of its component: 0, 1, 2, … in the order of first appearance.

    Two sequences are linked if they share a stretch of `k` letters (shorter ones if they are equal); a component is
    all that is linked, directly or through others. Stretches that are mere repeats, or hold unknown letters, link
    nothing. An empty sequence stands alone.

    Parameters
    ----------
    words
        Nucleotides or amino acids; capitals do not matter, U counts as T.
    k
        Letters that must be shared.
    both_strands
        Whether a stretch also counts as its reverse complement.
    scale
        Of all stretches one in so many is looked at, chosen by their content (FracMinHash, Irber et al. 2022): long
        overlaps are still found, with less memory.
    """
    distinct: dict[str, int] = {}
    place = np.array([distinct.setdefault(word, len(distinct)) for word in words], dtype=np.int64)
    keys, rows = stretches(list(distinct), k, both_strands, scale)
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    linked = np.flatnonzero(keys[1:] == keys[:-1])
    links = (np.ones(len(linked), dtype=bool), (rows[linked], rows[linked + 1]))
    _, found = connected_components(coo_array(links, shape=(len(distinct), len(distinct))), directed=False)
    labels = found.astype(np.int64)[place]
    if "" in distinct:
        empty = np.flatnonzero(place == distinct[""])
        labels[empty] = len(distinct) + np.arange(len(empty))
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number]


def stretches(words: list[str], k: int, both_strands: bool = False, scale: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return the stretches of `k` letters as numbers that are equal where the stretches are, and whose each is.

    Returns
    -------
    ndarray of uint64, ndarray of int64
        A number for each stretch, and the place of its sequence in `words`.
    """
    long = [place for place, word in enumerate(words) if len(word) >= k]
    short = [place for place, word in enumerate(words) if 0 < len(word) < k]
    keys, rows = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)]
    for part in _portions([len(words[place]) for place in long]):
        found, of = _of_portion([words[place] for place in long[part]], k, both_strands, scale)
        keys.append(found)
        rows.append(np.array(long[part], dtype=np.int64)[of])
    if short:
        whole: dict[str, int] = {}
        spelt = [_canonical(words[place], both_strands) for place in short]
        numbers = np.array([whole.setdefault(word, len(whole)) for word in spelt], dtype=np.uint64)
        keys.append(_mixed(numbers + np.uint64(1 << 40)))
        rows.append(np.array(short, dtype=np.int64))
    return np.concatenate(keys), np.concatenate(rows)


def _portions(lengths: list[int]) -> list[slice]:
    """Return slices of sequences of about LETTERS_AT_ONCE letters: arrays that fit the processor's cache."""
    ends = np.cumsum(lengths)
    cuts = [0]
    while cuts[-1] < len(lengths):
        before = ends[cuts[-1] - 1] if cuts[-1] else 0
        cuts.append(max(cuts[-1] + 1, int(np.searchsorted(ends, before + LETTERS_AT_ONCE, side="right"))))
    return [slice(start, stop) for start, stop in pairwise(cuts)]


def _of_portion(words: list[str], k: int, both_strands: bool, scale: int) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([len(word) for word in words])
    text = "".join(words).upper().encode("latin-1", "replace").replace(b"U", b"T")
    letters = np.frombuffer(text, dtype=np.uint8)
    keys = _windows(_LETTERS[letters], k, forwards=True)
    if both_strands:
        opposite = np.frombuffer(text.translate(bytes.maketrans(b"ACGT", b"TGCA")), dtype=np.uint8)
        keys = np.minimum(keys, _windows(_LETTERS[opposite], k, forwards=False))
    keys = _mixed(keys)
    sequence = np.repeat(np.arange(len(words)), lengths)[: len(keys)]
    whole = np.arange(len(keys)) + k <= np.cumsum(lengths)[sequence]
    if scale > 1:
        whole &= keys < np.uint64(2**64 // scale)
    chosen = np.flatnonzero(whole)
    chosen = chosen[_tells_something(letters, chosen, k)]
    return keys[chosen], sequence[chosen]


def _windows(values: np.ndarray, k: int, *, forwards: bool) -> np.ndarray:
    """Return a number for each window of `k` letters, built from windows of 1, 2, 4, … letters.

    Backwards, a window gets the number that its letters would get in the opposite order.
    """
    width = 1
    while width < k:
        step = min(width, k - width)
        first, second = values[: len(values) - step], values[step:]
        factor = _LETTERS[width]  # another one each time, or swapped letters would give the same number
        values = first * factor + second if forwards else second * factor + first
        width += step
    return values


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Return numbers scrambled so that all their bits depend on each other (splitmix64, Steele et al. 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(numbers ^ (numbers >> np.uint64(31)))


_LETTERS = _mixed(np.arange(1, 257, dtype=np.uint64)) | np.uint64(1)
"""An odd number for each byte."""


def _tells_something(letters: np.ndarray, starts: np.ndarray, k: int) -> np.ndarray:
    """Say which stretches hold no unknown letter and are no mere repeat of one to three letters."""
    unknown = np.zeros(256, dtype=bool)
    unknown[list(UNKNOWN)] = True
    good: np.ndarray = _sums(unknown[letters], starts, k) == 0
    for period in (1, 2, 3):
        same = letters[period:] == letters[:-period]
        good &= _sums(same, starts, k - period) < SAID_TWICE * (k - period)
    return good


def _sums(flags: np.ndarray, starts: np.ndarray, width: int) -> np.ndarray:
    """Return how many flags are set in windows of some width."""
    total = np.concatenate([[0], np.cumsum(flags)])
    sums: np.ndarray = total[starts + width] - total[starts]
    return sums


def _canonical(word: str, both_strands: bool) -> str:
    word = word.upper().replace("U", "T")
    return min(word, word.translate(str.maketrans("ACGT", "TGCA"))[::-1]) if both_strands else word
