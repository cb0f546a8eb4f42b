"""How fast and how large: each figure as a ratio to what openpyxl takes for the bare minimum.

    python -m tests.bench.bench [--rounds N] [--only NAME]

One conv layer of more than 100,000 formula cells, then LeNet-5 with one training step, gpt-mini
with its six, and a GRU over sixty. `build` (everything: layout, formulas, saved values, styles,
names) against openpyxl writing the same formula texts with shared styles and no saved values: on
pages of many small blocks, as the last two, titles are most of it. `check` against openpyxl
loading the file twice, for formulas and for values. Each is a process of its own, the two of a
pair in turn, so that a noisy machine is fair to both; ratios are those of the fastest rounds, and
start-up of Python and imports are counted for all. Then what `--prove` adds to `check`: in seconds
on conv5x5x2, and as a ratio to one openpyxl load on the conv layer.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.bench.measure import run
from tests.bench.yardsticks import (
    BARE_WRITE,
    BUILD,
    CHECK,
    CONV_LAYER,
    ONE_LOAD,
    PROVE,
    RECURRENT_LAYER,
    SAVE_FORMULAS,
    TWO_LOADS,
)


def compare(name: str, ours: str, theirs: str, limit: float, rounds: int, *arguments: str) -> None:
    """Run both in turn and print the ratio of the fastest rounds."""
    pairs = [(run(ours, *arguments), run(theirs, *arguments)) for _ in range(rounds)]
    our_time, their_time = (min(pair[side].wall for pair in pairs) for side in (0, 1))
    our_peak, their_peak = (max(pair[side].peak for pair in pairs) for side in (0, 1))
    print(
        f"{name:28} {our_time / their_time:5.2f} of openpyxl's time (limit {limit})"
        f"   {our_time:6.2f} s / {their_time:6.2f} s"
        f"   peak memory {our_peak:4.0f} MB / {their_peak:4.0f} MB (limit 400)"
    )


def added(source: str, book: str, rounds: int) -> float:
    """Return the seconds that 20 draws add to a check, by the fastest rounds."""
    pairs = [(run(PROVE, source, book).wall, run(CHECK, source, book).wall) for _ in range(rounds)]
    return min(pair[0] for pair in pairs) - min(pair[1] for pair in pairs)


def proofs(spec: str, book: str, rounds: int) -> None:
    """Print what 20 draws cost."""
    run(BUILD, "conv5x5x2", book)
    print(f"20 draws, conv5x5x2{added('conv5x5x2', book, rounds):17.2f} s (limit 0.3)")
    run(BUILD, spec, book)
    seconds = added(spec, book, rounds)
    load = min(run(ONE_LOAD, spec, book).wall for _ in range(rounds))
    print(
        f"20 draws, one conv layer{seconds / load:12.2f} of one openpyxl load (limit 3)"
        f"   {seconds:6.2f} s / {load:6.2f} s"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", metavar="NAME", help="measure this one alone, such as gpt-mini")
    options = parser.parse_args()
    rounds = options.rounds
    with tempfile.TemporaryDirectory() as folder:
        spec, book, formulas = (Path(folder, name) for name in ("s.toml", "b.xlsx", "f.json"))
        spec.write_text(CONV_LAYER.format(side=132))
        gru = Path(folder, "gru.toml")
        gru.write_text(RECURRENT_LAYER)
        sources = {"one conv layer": str(spec), "lenet5": "lenet5", "gpt-mini": "gpt-mini"}
        for name, source in {**sources, "gru": str(gru)}.items():
            if options.only not in (None, name):
                continue
            arguments = (source, str(book), str(formulas))
            print(f"{name}, {rounds} rounds: ", end="", flush=True)
            run(BUILD, *arguments)
            run(SAVE_FORMULAS, *arguments)
            compare("  build / bare write", BUILD, BARE_WRITE, 1.3, rounds, *arguments)
            compare("  check / two loads", CHECK, TWO_LOADS, 1.3, rounds, *arguments)
        if options.only is None:
            proofs(str(spec), str(book), rounds)


if __name__ == "__main__":
    main()
