"""Workbooks whose network is known, with nothing in them that says so, and what is guessed of them.

Our own pages without names and description, sheets that people draw by hand, as formulas and as
typed numbers; and sheets that hold no network. Run it to see what is made of them:

    python -m tests.support.guessing 30
"""
