"""The teacher's page on a class: one file that needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from xlbackprop.classroom.marking.grades import Grades
from xlbackprop.classroom.results.overview import Overview

_ASSETS = "assets"
_WIDTH, _HEIGHT, _GAP = 600, 180, 8
_LEVELS = 5  # of a cell's colour


def class_page(grades: Grades, seen: Overview, *, with_names: bool = False) -> str:
    """Return the page: points, tensors, mistakes, and where the class stumbles.

    Students are named on it, by their ids, only `with_names`. Everything on it is escaped, and no
    script, no style but its own and no connection is allowed.
    """
    environment = Environment(
        loader=PackageLoader(__package__, _ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = files(__package__).joinpath(_ASSETS, "class.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return environment.get_template("class.html").render(
        grades=grades,
        seen=seen,
        bars=_drawn(seen),
        width=_WIDTH,
        height=_HEIGHT,
        level=_level,
        with_names=with_names,
        policy=policy,
        style=Markup(style),  # noqa: S704  (a file of ours)
    )


def _drawn(seen: Overview) -> list[dict[str, float | str]]:
    """Return the bars of the plot, in its units."""
    most = max([bar.count for bar in seen.bars] + [1])
    step = _WIDTH / max(len(seen.bars), 1)
    return [
        {
            "x": round(number * step + _GAP / 2, 1),
            "y": round(_HEIGHT * (1 - bar.count / most), 1),
            "width": round(step - _GAP, 1),
            "height": round(_HEIGHT * bar.count / most, 1),
            "middle": round((number + 0.5) * step, 1),
            "count": bar.count,
            "label": f"{bar.first:g}–{bar.last:g}",
        }
        for number, bar in enumerate(seen.bars)
    ]


def _level(share: float) -> int:
    """Return a cell's colour, by the share of students who have it wrong: 0 for none."""
    return 0 if share <= 0 else min(_LEVELS, 1 + int(share * _LEVELS))
