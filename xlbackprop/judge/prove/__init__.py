"""Whether formulas hold in general, and not for the numbers on the page only."""

from xlbackprop.judge.prove.proof import MOST_DRAWS, prove

__all__ = ["MOST_DRAWS", "prove"]
