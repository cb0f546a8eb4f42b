"""The asker's own example, against numbers that were published before this program existed."""

import json
import zipfile

import numpy as np
import pytest

import xlbackprop
from tests.support.oracles import engine, libreoffice, workbook
from tests.support.program import DATA

PUBLISHED = json.loads((DATA / "conv5x5x2.json").read_text())
NAMES = ("h", "w", "out", "dL_dout", "dL_dw", "dL_db", "dL_dh")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return xlbackprop.build("conv5x5x2", tmp_path_factory.mktemp("built") / "conv5x5x2.xlsx")


@pytest.fixture(scope="module")
def places(built):
    return workbook.places(built)


def assert_published(arrays):
    for name in NAMES:
        published = np.array(PUBLISHED[name])
        found = arrays[f"conv1.{name}"].reshape(published.shape)
        np.testing.assert_allclose(found, published, rtol=0, atol=1e-9, err_msg=name)


def test_saved_values_are_the_published_ones(built, places):
    assert_published(workbook.saved_arrays(built, places))


def test_recalculation_by_ironcalc_gives_the_published_numbers(built, places):
    assert_published(engine.recalculated_arrays(built, places))


@pytest.mark.libreoffice
def test_recalculation_by_libreoffice_gives_the_published_numbers(built, places, tmp_path):
    (copy,) = libreoffice.recalculate([built], tmp_path)
    recalculated = workbook.saved_arrays(copy, workbook.places(copy))
    assert_published(recalculated)
    saved = workbook.saved_arrays(built, places)
    assert saved.keys() == recalculated.keys()
    for name, array in saved.items():
        np.testing.assert_allclose(array, recalculated[name], rtol=0, atol=1e-9, err_msg=name)


@pytest.fixture
def stale(built, places, tmp_path):
    """The page with a saved value that its formula does not give."""
    stale = tmp_path / "stale.xlsx"
    with zipfile.ZipFile(built) as old, zipfile.ZipFile(stale, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part == "xl/worksheets/sheet2.xml":
                assert content.count(b"<v>257</v>") == 1
                content = content.replace(b"<v>257</v>", b"<v>999</v>")
            new.writestr(part, content)
    assert workbook.saved_arrays(stale, places)["conv1.out"].flat[0] == 999
    return stale


# The tests above prove nothing if an engine believes what was saved.


def test_recalculation_is_forced_where_a_saved_value_is_stale(stale, places):
    assert engine.recalculated_arrays(stale, places)["conv1.out"].flat[0] == 257


@pytest.mark.libreoffice
def test_recalculation_by_libreoffice_is_forced_where_a_saved_value_is_stale(
    stale, places, tmp_path
):
    (copy,) = libreoffice.recalculate([stale], tmp_path)
    assert workbook.saved_arrays(copy, places)["conv1.out"].flat[0] == 257
    (arrays,) = libreoffice.recalculated_arrays([stale], [places], tmp_path)
    assert arrays["conv1.out"].flat[0] == 257


def test_bias_is_zero_as_in_the_example(built, places):
    assert not workbook.saved_arrays(built, places)["conv1.b"].any()


def test_check_finds_the_page_right(built):
    report = xlbackprop.check(built)
    assert report.verdict == "right"
    assert set(report.counts) == {"right"}
