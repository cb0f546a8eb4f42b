"""What is guessed of our own pages without their names, and of sheets drawn by hand."""

import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

from tests.support.guessing import pages
from tests.support.guessing.outcome import outcome


def main(drawn=20, only=""):
    """Print a line for each page, and the figures of each kind at the end."""
    figures, most = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, write in _all(int(drawn)):
            if only not in f"{kind}: {name}":
                continue
            page = write(Path(folder) / "page.xlsx")
            said = outcome(page)
            own = figures.setdefault(kind, Counter())
            own["pages"] += 1
            own[said.proposed] += 1
            own["right"] += said.proposed == "same" and said.verdict == "right"
            own["untrue"] += bool(said.false)
            most[kind] = max(most.get(kind, 0.0), said.seconds)
            print(f"{kind}: {name}: {_line(said)}", flush=True)
    for kind, own in figures.items():
        print(f"{kind}: {dict(own)}, {most[kind]:.1f} s at most")


def _line(said):
    amiss = [f"false {said.false}"] * bool(said.false)
    amiss += [f"not seen {said.hidden}"] * bool(said.hidden)
    amiss += [said.said] * (said.proposed != "same")
    return "; ".join([said.proposed, said.verdict[:60], f"{said.seconds:.1f} s", *amiss])


def _all(drawn):
    for decimals, form in ((None, "formulas"), (4, "typed")):
        for name in pages.OURS:
            yield f"ours, {form}", name, partial(pages.ours, name, decimals=decimals)
        for seed in range(drawn):
            yield f"by hand, {form}", seed, partial(pages.by_hand, seed, decimals=decimals)


if __name__ == "__main__":
    main(*sys.argv[1:])
