"""Sheets as people make them: written without any layer of the program, and the truth of each."""

from tests.support.peoples_sheets.drawing import KINDS, draw
from tests.support.peoples_sheets.outcome import Outcome, outcome
from tests.support.peoples_sheets.slips import IN_FORWARD, IN_UPDATES, SLIPS
from tests.support.peoples_sheets.truth import PeoplesSheet, State

__all__ = [
    "IN_FORWARD",
    "IN_UPDATES",
    "KINDS",
    "SLIPS",
    "Outcome",
    "PeoplesSheet",
    "State",
    "draw",
    "outcome",
]
