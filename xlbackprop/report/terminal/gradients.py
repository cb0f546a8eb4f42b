"""The gradients that a sheet's own formulas tell, as text."""

from __future__ import annotations

from typing import TextIO

from rich.text import Text

from xlbackprop.errors import one_line
from xlbackprop.find.locate import OwnProposal
from xlbackprop.find.mapping.pairs import Pairs
from xlbackprop.report.terminal.console import open_console, print_table


def print_gradients(proposal: OwnProposal, stream: TextIO) -> None:
    """Print which cells are gradients and updates, and by which others they are."""
    console, pairs = open_console(stream), proposal.map.pairs or Pairs()
    for note in proposal.notes:
        console.print(Text(one_line(note), "dim"))
    console.print()
    rows = [["L", cells, ""] for cells in pairs.losses]
    rows += [["learning rate", pairs.rate, ""]] if pairs.rate else []
    rows += [["gradients", cells, f"by {of}"] for cells, of in pairs.gradients.items()]
    rows += [["updates", cells, f"of {of}"] for cells, of in pairs.updates.items()]
    print_table(console, ["what", "cells", "of which"], rows)
