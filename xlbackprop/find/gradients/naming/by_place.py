"""Gradients that nothing names but the place at which they stand."""

from __future__ import annotations

from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.right_cells import right_cells
from xlbackprop.find.gradients.naming.blanks import name_blanks
from xlbackprop.find.gradients.naming.by_line import follow_lines, settle
from xlbackprop.find.gradients.naming.by_votes import name_by_votes
from xlbackprop.find.gradients.naming.gaps import name_gaps
from xlbackprop.find.gradients.naming.part_of import name_parts
from xlbackprop.find.gradients.naming.twins import name_twins


def name_by_place(named: Named) -> None:
    """Name cells by the right ones in whose row, column or block they stand."""
    right = right_cells(named)
    settle(named, right)
    follow_lines(named)
    name_gaps(named, right)
    name_twins(named, right)
    name_by_votes(named, right)
    name_parts(named)
    name_blanks(named, right)
