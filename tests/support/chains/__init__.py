"""Sheets of chains of layers as people write them by hand, and where each tensor stands in them.

One to three dense layers, or a convolution with a pool before a dense layer; a row for each step,
a page for each layer, or all blocks in one column. Run it to see what is made of them:

    python -m tests.support.chains 200
"""

from tests.support.chains.plan import SLIPS, Plan, drawn_plan
from tests.support.chains.writing import ChainSheet, drawn, write

__all__ = ["SLIPS", "ChainSheet", "Plan", "drawn", "drawn_plan", "write"]
