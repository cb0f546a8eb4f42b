"""Pages of typed numbers: a drawn conv or dense layer, labelled, its results rounded.

Run it to see how many are found, and whether a wrong tensor among them is judged:

    python -m tests.support.typed_pages 100
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import xlbackprop
from tests.support.true_places import not_found
from tests.support.unusual_layouts import LAYOUTS, Page, draw
from xlbackprop.network import build_network
from xlbackprop.spec import parse_spec

USED = ("one-below-the-other", "side-by-side", "three-sheets", "indices-along-the-edges",
        "one-row-each", "merged-titles")  # fmt: skip


def drawn(seed):
    """Return a page: every layout in turn, a conv layer and a dense one by turns."""
    random = np.random.default_rng(seed)
    spec = (_dense if seed % 2 else _conv)(random)
    network = build_network(parse_spec(spec))
    page = Page(network, draw(network, seed, integers=bool(random.integers(2))))
    page.decimals = int(random.integers(2, 5))
    LAYOUTS[USED[seed // 2 % len(USED)]](page)
    return page


def with_a_wrong_tensor(page, seed):
    """Type other numbers for one of the computed tensors, and return its name."""
    random = np.random.default_rng(seed)
    tensors = page.network.tensors
    name = str(random.choice([one for one in page.truth if tensors[one].kind.is_computed]))
    array = page.arrays[name]
    wrong = (
        array * 1.5 + 0.3,
        -array - 0.2,
        np.roll(array, 1) + 0.7,
        random.normal(0, 2, array.shape),
    )
    chosen = wrong[random.integers(len(wrong))]
    page.wrong = {(name, index): float(chosen[index]) for index in np.ndindex(array.shape)}
    return name


def is_judged(page, file, name):
    """Return whether a check says of the tensor's own cells that they are wrong."""
    report = xlbackprop.check(file, spec=page.network.spec, engine="none")
    own = {page.truth[name].at(index) for index in np.ndindex(page.arrays[name].shape)}
    wrong = {(one.sheet, one.cell) for one in report.cells if one.status == "wrong"}
    return report.verdict == "wrong" and bool(own & wrong)


def missed(page, file):
    """Return the tensors that are not found where they stand."""
    proposal = xlbackprop.locate(file, page.network.spec, engine="none")
    return not_found(proposal, page.truth, file)


def _conv(random):
    channels, filters = random.integers(1, 4, 2)
    size, kernel = random.integers(4, 7), random.integers(2, 4)
    return f"""
name = "drawn"
input = [{channels}, {size}, {size + random.integers(2)}]
[[layers]]
type = "conv2d"
filters = {filters}
kernel = {kernel}
[loss]
type = "given"
"""


def _dense(random):
    inputs, units = random.integers(2, 6, 2)
    kinds = ("", "sigmoid", "relu")
    kind = kinds[random.integers(3)]
    activation = f'[[layers]]\ntype = "{kind}"\n' if kind else ""
    return f"""
name = "drawn"
input = [{inputs}]
[[layers]]
type = "dense"
units = {units}
{activation}[loss]
type = "{random.choice(["half_sse", "mse", "given"])}"
"""


def main(count):
    """Print what is not found, and what is passed over."""
    lost = passed = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(count):
            start = time.process_time()
            page = drawn(seed)
            layout = USED[seed // 2 % len(USED)]
            try:
                gone = missed(page, page.write(Path(folder) / "right.xlsx"))
            except Exception as error:
                gone = [repr(error)]
            name = with_a_wrong_tensor(page, seed)
            try:
                judged = is_judged(page, page.write(Path(folder) / "wrong.xlsx"), name)
            except Exception as error:
                judged = False
                name += repr(error)
            lost += bool(gone)
            passed += not judged
            print(
                seed,
                layout,
                page.decimals,
                f"{time.process_time() - start:.1f} s",
                gone,
                "" if judged else f"PASSED OVER {name}",
                flush=True,
            )
    print(f"{count - lost} of {count} found whole, {passed} wrong tensors passed over")


if __name__ == "__main__":
    main(int(sys.argv[1]))
