"""How time and memory grow with the page, beside other programs: docs/speed.md and its plot.

    python -m tests.bench.scaling [--rounds N] [--sides N,N,…] [--write]

One conv layer, the sides of whose input make pages of 10,000 to 1,000,000 stored cells. All are
processes of their own, run in turn; figures are those of the least of several rounds. Needs lxml,
and for the columns of that name LibreOffice; with `--write`, matplotlib for the plot.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.bench import yardsticks
from tests.bench.measure import Usage, in_turn

SIDES = (28, 80, 132, 249)
DOCS = Path(__file__).parents[2] / "docs"
OURS = ("build", "check", "check --prove")
_CODES = {
    "build": yardsticks.BUILD,
    "check": yardsticks.CHECK,
    "check --prove": yardsticks.PROVE,
    "reading the cells": yardsticks.READ_CELLS,
    "strings and zip": yardsticks.STRINGS_AND_ZIP,
    "lxml stream": yardsticks.LXML_STREAM,
    "openpyxl load": yardsticks.ONE_LOAD,
    "IronCalc": yardsticks.IRONCALC,
    "LibreOffice": yardsticks.LIBREOFFICE,
}
# Ours, the yardstick, and what the ratio of CPU should be at most.
RATIOS = (
    ("build", "strings and zip", 2.0),
    ("check", "lxml stream", 1.8),
    ("check", "openpyxl load", 0.4),
    ("check --prove", "lxml stream", 2.5),
)
Sizes = Mapping[int, Mapping[str, Usage]]


def main() -> None:
    """Print the table; with --write, put it and the plot into docs/."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sides", default=",".join(map(str, SIDES)))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    sizes: dict[int, Mapping[str, Usage]] = {}
    for side in map(int, options.sides.split(",")):
        cells, usages = measured(side, options.rounds)
        sizes[cells] = usages
        print(f"{cells:,} cells: {_seconds(usages)}", file=sys.stderr)
    text = table(sizes)
    print(text)
    if options.write:
        _plot(sizes, DOCS / "images" / "speed.png")
        _put_between(DOCS / "speed.md", text)


def measured(side: int, rounds: int) -> tuple[int, dict[str, Usage]]:
    """Return how many cells the page of one size has, and what each program takes with it."""
    with tempfile.TemporaryDirectory() as folder:
        spec, book, cells = (Path(folder, name) for name in ("s.toml", "b.xlsx", "c.json"))
        spec.write_text(yardsticks.CONV_LAYER.format(side=side))
        arguments = str(spec), str(book), str(cells)
        in_turn({"build": yardsticks.BUILD}, 1, *arguments)
        done = subprocess.run(
            [sys.executable, "-c", yardsticks.SAVE_CELLS, *arguments],
            check=True,
            capture_output=True,
            text=True,
        )
        codes = dict(_CODES)
        if shutil.which("soffice") is None:
            del codes["LibreOffice"]
        usages = in_turn(codes, rounds, *arguments)
        bare, reading = usages["strings and zip"], usages.pop("reading the cells")
        usages["strings and zip"] = Usage(
            bare.cpu - reading.cpu, bare.wall - reading.wall, bare.peak
        )
        return int(done.stdout), usages


def table(sizes: Sizes) -> str:
    """Return the figures as Markdown: the ratios of CPU, then seconds of CPU, wall and memory."""
    cells = sorted(sizes)
    head = [
        "| | " + " | ".join(f"{one:,} cells" for one in cells) + " |",
        "|---|" + "--:|" * len(cells),
    ]
    ratios = [
        f"| {ours} / {theirs} | "
        + " | ".join(f"{sizes[one][ours].cpu / sizes[one][theirs].cpu:.2f}" for one in cells)
        + " |"
        for ours, theirs, _ in RATIOS
    ]
    names = list(dict.fromkeys(name for one in cells for name in sizes[one]))
    seconds = [
        f"| {name} | " + " | ".join(_cell(sizes[one].get(name)) for one in cells) + " |"
        for name in names
    ]
    lines = ["Ratios of CPU:", "", *head, *ratios, ""]
    lines += ["Seconds of CPU, of wall time, and the peak of memory:", "", *head, *seconds]
    return "\n".join(lines)


def _cell(usage: Usage | None) -> str:
    return f"{usage.cpu:.2f} s, {usage.wall:.2f} s, {usage.peak:.0f} MB" if usage else "–"


def _seconds(usages: Mapping[str, Usage]) -> str:
    return ", ".join(f"{name} {usage.cpu:.2f} s" for name, usage in usages.items())


def _put_between(page: Path, text: str) -> None:
    """Put the table in the place of the one that the page has."""
    first, last = "<!-- made by python -m tests.bench.scaling --write -->", "<!-- end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(first)
    after = rest.partition(last)[2]
    page.write_text(f"{before}{first}\n\n{text}\n\n{last}{after}", encoding="utf-8")


def _plot(sizes: Sizes, picture: Path) -> None:
    """Draw the seconds of CPU over the cells, both by powers of ten."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    cells = sorted(sizes)
    figure, axes = pyplot.subplots(figsize=(8.3, 5), layout="constrained")
    for name in dict.fromkeys(name for one in cells for name in sizes[one]):
        own = [one for one in cells if name in sizes[one]]
        is_ours = name in OURS
        axes.loglog(
            own,
            [sizes[one][name].cpu for one in own],
            marker="o",
            linewidth=2.5 if is_ours else 1.2,
            linestyle="-" if is_ours else "--",
            label=name,
        )
    axes.set_xlabel("stored cells")
    axes.set_ylabel("seconds of CPU")
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend(frameon=False, ncols=2)
    figure.savefig(picture, dpi=200)


if __name__ == "__main__":
    main()
