"""Figures and their files: one look for all, and the same bytes for the same picture."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from matplotlib import rc_context
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

INK, FAINT = "#1F2933", "#52606D"
FORWARD, BACKWARD = "#14532D", "#B3123A"
# From blue by white to orange: the colour-blind tell both ends apart, and it prints in grey, too.
COLOURS = LinearSegmentedColormap.from_list("ends", ["#2C6FAC", "#FFFFFF", "#E07A10"])
NOTHING = "#E4E7EB"  # where there is no number
NAME, TEXT, SMALL = 11, 9, 8  # points
_DOTS, _MOST_DOTS = 300, 12_000  # of a .png: to the inch, and along a side

_SETTINGS: Any = {
    "font.family": "DejaVu Sans",  # which comes with matplotlib, and has all our signs
    "svg.hashsalt": "xlbackprop",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "image.interpolation": "nearest",
}
# The metadata that would tell when the file was made, or by what version.
_WITHOUT: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, sizes in inches."""
    return Figure(figsize=(width, height), facecolor="white")


def saved(figure: Figure, form: str) -> bytes:
    """Return a figure as the bytes of a file: "svg", "png" or "pdf"."""
    buffer = BytesIO()
    about = figure.get_label()
    titled = {"Title": str(about)} if about else {}
    with rc_context(_SETTINGS):
        dots = min(_DOTS, _MOST_DOTS / max(figure.get_size_inches()))
        figure.savefig(buffer, format=form, dpi=dots, metadata={**_WITHOUT[form], **titled})
    return buffer.getvalue()
