"""Workbooks in other people's layouts, written by hand as it were: a file, a map, true places."""

from tests.foreign.book import Foreign, build
from tests.foreign.layouts import CASES, LAYOUTS

__all__ = ["CASES", "LAYOUTS", "Foreign", "build"]
