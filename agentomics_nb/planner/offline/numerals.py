"""Numbers as papers print them: .862, −.03, [.848, .876]."""

from __future__ import annotations

import math

_MINUS = "\N{MINUS SIGN}"


def figure(value: float | None) -> str:
    """Return a number with three decimals below one, three digits above, and no leading zero.

    Examples
    --------
    >>> figure(0.8617), figure(12.43), figure(4213.0), figure(1.0)
    ('.862', '12.4', '4,213', '1.00')
    """
    if value is None or math.isnan(value):
        return "undefined"
    size = abs(value)
    if round(size, 3) < 1:
        text = f"{size:.3f}".removeprefix("0")
    elif size < 10:
        text = f"{size:.2f}"
    else:
        text = f"{size:.1f}" if size < 100 else f"{size:,.0f}"
    return _MINUS + text if value < 0 and text != ".000" else text


def signed(value: float | None) -> str:
    """Return a difference, with its sign.

    Examples
    --------
    >>> signed(0.077)
    '+.077'
    """
    text = figure(value)
    return text if value is None or text.startswith((_MINUS, "u")) else f"+{text}"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval in brackets, or nothing where an end is unknown.

    Examples
    --------
    >>> interval(0.848, 0.8761)
    '[.848, .876]'
    """
    if low is None or high is None:
        return ""
    return f"[{figure(low)}, {figure(high)}]"


def percent(share: float) -> str:
    """Return a share of one; small ones with a decimal.

    Examples
    --------
    >>> percent(0.4213), percent(0.043), percent(0.0)
    ('42 %', '4.3 %', '0 %')
    """
    size = abs(share)
    return f"{share:.1%}".replace("%", " %") if 0 < size < 0.0995 else f"{share:.0%}".replace("%", " %")
