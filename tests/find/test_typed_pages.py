"""Pages of typed numbers, rounded: found with a spec, and a wrong tensor is never passed over."""

import pytest

from tests.support.typed_pages import USED, drawn, is_judged, missed, with_a_wrong_tensor

MOST = range(2 * len(USED))  # a conv layer and a dense one in each layout


@pytest.mark.many(quick=["1"])
@pytest.mark.parametrize("seed", MOST)
def test_typed_numbers_are_found_and_a_wrong_tensor_is_judged(seed, tmp_path):
    page = drawn(seed)
    assert missed(page, page.write(tmp_path / "right.xlsx")) == []
    name = with_a_wrong_tensor(page, seed)
    assert is_judged(page, page.write(tmp_path / "wrong.xlsx"), name), name
