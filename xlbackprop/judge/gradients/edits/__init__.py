"""The single edit that mends a wrong formula, found by trying, and put into words."""

from xlbackprop.judge.gradients.edits.edit import Edit
from xlbackprop.judge.gradients.edits.search import SECONDS, Search, find_edit
from xlbackprop.judge.gradients.edits.slips import ANOTHER_UNIT, MOVED_RATE

__all__ = ["ANOTHER_UNIT", "MOVED_RATE", "SECONDS", "Edit", "Search", "find_edit"]
