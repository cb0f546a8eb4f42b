"""Workbooks in other people's layouts, written by hand as it were: a file, a map, true places."""

from tests.foreign.book import Foreign, Typed, build
from tests.foreign.layouts import CASES, LAYOUTS
from tests.foreign.steps import build_steps_table

__all__ = ["CASES", "LAYOUTS", "Foreign", "Typed", "build", "build_steps_table"]
