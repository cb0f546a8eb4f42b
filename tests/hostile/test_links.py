"""Links to elsewhere are not followed."""

import pytest

from tests.support.hostile_workbooks import BOOK_RELS, swapped, write
from tests.support.watched_program import run_each

LINKED = {
    "sheet": (b'"worksheets/sheet2.xml"', 2),
    "texts": (b'"sharedStrings.xml"', 2),
    "another": (b'"theme/theme1.xml"', 0),
}


@pytest.mark.hostile(quick=["external-sheet"])
@pytest.mark.parametrize("kind", LINKED)
@pytest.mark.parametrize("mode", [' TargetMode="External"', ""], ids=["external", "internal"])
def test_link_to_elsewhere_is_not_followed(mode, kind, parts, traps, tmp_path):
    pipe, address = traps
    old, status = LINKED[kind]
    paths = []
    targets = [str(pipe), f"file://{pipe}", f"../../../../../../../../..{pipe}", address]
    for number, target in enumerate(targets):
        link = swapped(parts[BOOK_RELS], old, f'"{target}"{mode}'.encode())
        paths.append(write(tmp_path / f"{number}.xlsx", {**parts, BOOK_RELS: link}))
    assert run_each(paths) == [status] * len(targets)
