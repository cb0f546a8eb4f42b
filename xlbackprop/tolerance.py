"""How far a number may be from the answer and still be right: for the verifier and for practice.

A number matches within the larger of the relative and the absolute tolerance. One that was typed
also matches where it is the answer rounded to the decimals typed, if these are not too few.
"""

from __future__ import annotations

RELATIVE, ABSOLUTE = 1e-6, 1e-9
LEAST_DECIMALS = 2

# A whisker more than half a unit, for the binary fractions of numbers that end in a 5.
HALF = 0.5 * (1 + 1e-9)
