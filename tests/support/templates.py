"""The templates that tests go over one by one.

`gpt-mini` has thirty times the cells of most others: tests/spec builds, recalculates and checks it,
and tests/explain derives it; there is nothing in it that the small ones lack.
"""

from __future__ import annotations

from xlbackprop.spec.templates import template_names

LARGEST = ("gpt-mini",)
TEMPLATES = [name for name in template_names() if name not in LARGEST]
