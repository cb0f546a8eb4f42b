"""What is made of so many drawn sheets: found, judged, and their slips named."""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.support.chains import SLIPS, drawn
from tests.support.chains.outcome import outcome


def main(count, first=0):
    """Print a line for whatever is amiss, and the figures at the end."""
    figures = {"with a spec": Counter(), "without": Counter()}
    most = dict.fromkeys(figures, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "chain.xlsx"
        for seed in range(first, first + count):
            for slip in ("", SLIPS[seed % len(SLIPS)]):
                sheet = drawn(seed, slip)
                if sheet is None:
                    continue
                sheet.book.save(file)
                for mode, of_mode in figures.items():
                    said = outcome(sheet, file, with_spec=mode == "with a spec")
                    most[mode] = max(most[mode], said.seconds)
                    amiss = _count(of_mode, sheet, said)
                    if amiss:
                        print(seed, slip or "-", mode, *_of(sheet.plan), amiss, flush=True)
    for mode, of_mode in figures.items():
        print(f"{mode}: {dict(sorted(of_mode.items()))}, {most[mode]:.1f} s at most")


def _count(figures, sheet, said):
    """Count what is said of a sheet, and return what is amiss with it."""
    if not sheet.slip:
        figures["sheets"] += 1
        figures["found whole"] += not said.lost and not said.error
        figures["called wrong"] += said.verdict == "wrong"
        figures["right"] += said.verdict == "right"
        amiss = [*said.lost[:3], *said.accused[:3], said.error[:90]]
        return [said.verdict, *amiss] if said.verdict != "right" or said.lost else []
    figures["slips"] += 1
    figures["named"] += said.is_named
    figures["named wrongly"] += not said.is_named and any(said.names)
    figures["passed over"] += said.verdict == "right"
    figures["others accused"] += bool(said.accused)
    is_right = said.is_named and said.verdict == "wrong" and not said.accused
    return [] if is_right else [said.verdict, *said.names, "|", *said.accused[:3], said.error[:90]]


def _of(plan):
    front = "conv" if plan.is_conv else "dense"
    return plan.arrangement, plan.style or "no labels", front, plan.sizes, plan.intermediate


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
