"""What may be said of an engine: which one it is, and what it may take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EngineName(StrEnum):
    """What recalculates."""

    IRONCALC = "ironcalc"
    LIBREOFFICE = "libreoffice"
    NONE = "none"


@dataclass(frozen=True)
class Limits:
    """What an engine may take: seconds in all, megabytes of memory for each of its processes."""

    seconds: float = 60.0
    megabytes: int = 1_000


DEFAULT_LIMITS = Limits()
