"""How well two colours are told apart: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""

from __future__ import annotations

ENOUGH = 4.5  # for text of any size


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, each as `#1f2933`."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def between(one: str, other: str, part: float) -> str:
    """Return the colour that lies between two, as colour scales have it."""
    mixed = (round(a + (b - a) * part) for a, b in zip(_parts(one), _parts(other), strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in _parts(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
