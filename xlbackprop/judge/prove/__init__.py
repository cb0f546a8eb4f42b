"""Whether formulas hold in general, and not for the numbers on the page only."""

from xlbackprop.judge.prove.proof import prove

__all__ = ["prove"]
