"""Numbers and times as people read them."""

from __future__ import annotations

import datetime

NOTHING = "\u2013"


def number(value: float) -> str:
    """Return a count with commas.

    >>> number(1234567)
    '1,234,567'
    """
    return f"{value:,.0f}"


def plural(count: int, noun: str) -> str:
    """Return a count and its noun.

    >>> plural(1, "request"), plural(2_000, "request")
    ('1 request', '2,000 requests')
    """
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """Return a part in percent: never 0% of something, never 100% of less than all.

    >>> share(1, 3), share(1, 100_000), share(99_999, 100_000), share(0, 0)
    ('33%', '<0.1%', '>99.9%', '0%')
    """
    percent = 100 * part / whole if whole else 0.0
    if percent in (0.0, 100.0):
        return f"{percent:.0f}%"
    if percent < 0.1 or percent > 99.9:
        return "<0.1%" if percent < 0.1 else ">99.9%"
    return f"{percent:.0f}%" if 10 <= percent < 99 else f"{percent:.1f}%"


def size(count: float) -> str:
    """Return bytes in the unit that fits.

    >>> size(512), size(1536), size(5 << 30)
    ('512 B', '1.5 KiB', '5.0 GiB')
    """
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while count >= 999.5 and len(units) > 1:
        count, units = count / 1024, units[1:]
    return f"{count:.1f} {units[0]}" if units[0] != "B" and count < 99.95 else f"{count:,.0f} {units[0]}"


def duration(seconds: float | None) -> str:
    """Return how long something took, to two digits; a dash where nothing did.

    >>> duration(3.2e-6), duration(0.012)
    ('3.2 µs', '12 ms')
    """
    if seconds is None:
        return NOTHING
    for unit, scale in (("µs", 1e6), ("ms", 1e3)):
        if seconds * scale < 999.5:
            return f"{seconds * scale:.2g} {unit}" if seconds * scale < 99.5 else f"{seconds * scale:.0f} {unit}"
    return f"{seconds:.2g} s"


def age(seconds: float) -> str:
    """Return a span of time in its largest units.

    >>> age(42), age(3_700), age(90_000)
    ('42 s', '1 h 1 min', '1 d 1 h')
    """
    minutes = max(0, int(seconds)) // 60
    if minutes == 0:
        return f"{max(0, int(seconds))} s"
    hours, days = minutes // 60, minutes // 1440
    parts = ((days, "d"), (hours % 24, "h")) if days else ((hours, "h"), (minutes % 60, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def moment(seconds: float) -> str:
    """Return a time since the epoch, in UTC.

    >>> moment(0)
    '1970-01-01 00:00:00 UTC'
    """
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
