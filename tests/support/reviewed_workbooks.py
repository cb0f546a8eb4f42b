"""Workbooks with mistakes of every kind, and their pages."""

from __future__ import annotations

from pathlib import Path

import xlbackprop
from tests.support.filling import fill
from xlbackprop import Hints, Review

CONV = {
    ("conv1.dL_dw", (1, 0, 0, 1)): 149.58,  # a sign lost
    ("conv1.dL_dh", (0, 2, 2)): "-1,18",
    ("conv1.dL_dw", (2, 1, 0, 0)): None,
}
# The right number of the first of these, as anything might write it.
ANSWER = "149.58"


def conv_review(folder: Path) -> Review:
    """Return the review of the example, filled in with three mistakes."""
    path = xlbackprop.build("conv5x5x2", folder / "mine.xlsx")
    fill(path, CONV)
    return xlbackprop.review_workbook(path)


def digit_review(folder: Path) -> Review:
    """Return the review of the largest page that is drawn in full: every status but typed."""
    path = xlbackprop.build("digit", folder / "digit.xlsx")
    right = xlbackprop.review_workbook(path).found
    wrong = float(right["conv1.out"].numbers[0, 3, 4]) + 1
    fill(
        path,
        {
            ("conv1.out", (0, 3, 4)): wrong,
            ("relu1.h", (0, 3, 4)): wrong,
            ("conv2.dL_dw", (1, 0, 2, 2)): None,
            ("dense1.dL_dw", (3, 200)): "see above",
        },
    )
    return xlbackprop.review_workbook(path)


def write_page(review: Review, path: Path, hints: Hints = Hints.ANSWER) -> Path:
    """Write a review's page and return its path."""
    path.write_text(xlbackprop.html_report(review, hints), encoding="utf-8")
    return path
