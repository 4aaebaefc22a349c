"""Numbers as people read them, the same in the table, in Markdown and on the plots."""

from __future__ import annotations

DURATIONS = (("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9))
BYTES = (("B", 1), ("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30))


def digits(number: float) -> str:
    """Write three digits that count, or all before the point.

    >>> digits(0.0421), digits(1.2345), digits(67.25), digits(1234.5)
    ('0.0421', '1.23', '67.2', '1,234')
    """
    if abs(number) >= 100:
        return f"{number:,.0f}"
    if abs(number) >= 10:
        return f"{number:.1f}"
    return f"{number:.2f}" if abs(number) >= 0.1 else f"{number:.3g}"


def duration(nanoseconds: float) -> str:
    """Write a time in the unit that leaves one to three digits before the point.

    >>> duration(35.66), duration(1132.7), duration(2.5e6)
    ('35.7 ns', '1.13 us', '2.50 ms')
    """
    unit, scale = max((unit for unit in DURATIONS if unit[1] <= max(nanoseconds, 1.0)), key=lambda unit: unit[1])
    return f"{digits(nanoseconds / scale)} {unit}"


def count(number: float, unit: str) -> str:
    """Write how many, bytes in powers of two.

    >>> count(100_000, "requests"), count(65_536, "bytes")
    ('100,000', '64 KB')
    """
    if unit != "bytes":
        return f"{number:,g}" if number < 1e6 else f"{number:,.0f}"
    name, scale = max((step for step in BYTES if step[1] <= max(number, 1)), key=lambda step: step[1])
    return f"{number / scale:.3g} {name}"
