"""What a cell holds, as a small number beside its own number (NaN where it holds none)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int8]


class Code(IntEnum):
    """What a cell holds. From DIV on, the errors."""

    BLANK = 0
    NUMBER = 1
    TEXT = 2
    TRUE = 3
    FALSE = 4
    UNKNOWN = 5  # what cannot be told here, and what rests on it
    DIV = 8
    NA = 9
    NAME = 10
    NULL = 11
    NUM = 12
    REF = 13
    VALUE = 14


ERRORS = {
    Code.DIV: "#DIV/0!",
    Code.NA: "#N/A",
    Code.NAME: "#NAME?",
    Code.NULL: "#NULL!",
    Code.NUM: "#NUM!",
    Code.REF: "#REF!",
    Code.VALUE: "#VALUE!",
}
CODE_OF_ERROR = {text: code for code, text in ERRORS.items()}
