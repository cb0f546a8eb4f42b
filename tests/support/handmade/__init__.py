"""Workbooks in other people's layouts, written by hand as it were: a file, a map, true places."""

from tests.support.handmade.book import Foreign, Typed, build
from tests.support.handmade.layouts import CASES, LAYOUTS
from tests.support.handmade.steps import build_steps_table

__all__ = ["CASES", "LAYOUTS", "Foreign", "Typed", "build", "build_steps_table"]
