"""Numbers in colours: scales that tell, text that stays legible, the right cells in bold."""

import zipfile
from functools import lru_cache

import numpy as np
import openpyxl
import pytest
from openpyxl.formula.translate import Translator
from openpyxl.utils import range_boundaries

import xlbackprop
from tests.support.contrast import ENOUGH, contrast
from tests.support.filling import fill
from tests.support.marked_copies import audit, load, marked_copy
from tests.support.oracles import libreoffice
from tests.support.oracles.workbook import places, saved_arrays
from xlbackprop.equation import Kind
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.network.values import choose_values
from xlbackprop.workbook.annotate.scales import without
from xlbackprop.workbook.write.sheets.style import NEGATIVE, POSITIVE, ZERO, kind_format

POOLS = ("kernel = 2", "kernel = [3, 2]\nstride = [2, 1]\npadding = [1, 0]")


@lru_cache(maxsize=1)
def loaded(path, _):
    """Return a workbook, loaded once for all its sheets."""
    return load(path)


def rules(path, sheet, kind):
    """Yield the ranges and the rule of each conditional format of a kind on a sheet."""
    book = loaded(path, path.stat().st_mtime_ns)
    for area, own in book[sheet].conditional_formatting._cf_rules.items():
        yield from ((str(area.sqref), rule) for rule in own if rule.type == kind)


def scales(path, sheet):
    """Return the ends of each range's scale."""
    return {
        one: [float(stop.val) for stop in rule.colorScale.cfvo]
        for ranges, rule in rules(path, sheet, "colorScale")
        for one in ranges.split()
    }


@pytest.fixture(scope="module")
def digit(tmp_path_factory):
    return xlbackprop.build("digit", tmp_path_factory.mktemp("digit") / "digit.xlsx")


def test_all_blocks_of_a_tensor_have_one_scale_and_its_gradient_another(digit):
    where, arrays = places(digit), saved_arrays(digit, places(digit))
    for sheet, tensor in (("conv1", "h"), ("conv1", "out"), ("conv2", "dL_dh"), ("pool1", "h")):
        name = f"{sheet}.{tensor}"
        found = scales(digit, sheet)
        cells = {rectangle(area) for _, _, area in where[name]}
        assert cells <= set(found), name
        ((low, middle, high),) = {tuple(found[one]) for one in cells}
        largest = np.abs(arrays[name]).max()
        assert -low == high
        assert middle == 0
        assert largest <= high < 1.11 * largest


def rectangle(area):
    left, top, right, bottom = area
    letter = openpyxl.utils.get_column_letter
    return f"{letter(left)}{top}:{letter(right)}{bottom}"


def test_every_kind_of_number_is_legible_on_all_colours_of_a_scale():
    for kind in Kind:
        ink = kind_format(kind)["font_color"]
        for colour in (NEGATIVE, ZERO, POSITIVE):
            assert contrast(ink, colour) >= ENOUGH, (kind, colour)


def test_contrast_that_is_too_small_is_noticed():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#5B3E9E", "#92C5DE") < ENOUGH


def test_plain_pages_have_no_rules_and_the_same_cells(tmp_path):
    parts = {}
    for plain in (False, True):
        path = xlbackprop.build("two-conv", tmp_path / f"{plain}.xlsx", plain=plain)
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if "worksheets/sheet" in name]
            parts[plain] = {name: archive.read(name) for name in names}
    assert any(b"conditionalFormatting" in text for text in parts[False].values())
    for name, text in parts[True].items():
        assert b"conditionalFormatting" not in text
        assert text.count(b"<f>") == parts[False][name].count(b"<f>")


def test_what_is_to_fill_in_has_no_colours(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "page.xlsx", blank=["dL_dh"])
    cells = {rectangle(area) for _, _, area in places(path)["conv1.dL_dh"]}
    found = set(scales(path, "conv1"))
    assert found
    assert not cells & found


@pytest.mark.libreoffice
def test_winners_and_active_units_are_in_bold(tmp_path):
    paths, expected = [], []
    for number, pool in enumerate(POOLS):
        spec = tmp_path / f"pools{number}.toml"
        spec.write_text(
            f'name = "pools{number}"\ninput = [2, 6, 6]\n[[layers]]\ntype = "relu"\n[[layers]]\n'
            f'type = "max_pool2d"\n{pool}\n[loss]\ntype = "mse"\n[values]\nstyle = "normal"'
        )
        paths.append(xlbackprop.build(spec, tmp_path / f"pools{number}.xlsx"))
        network = xlbackprop.build_network(xlbackprop.load_spec(spec))
        arrays = network.evaluate(choose_values(network))
        # With mse behind it, each winner above 0 gets a gradient, and nothing else does.
        won = arrays["pool1.dL_dh"] != 0
        assert 0 < won.sum() < won.size
        expected.append({"pool1": won, "relu1": arrays["relu1.h"] > 0})
    areas = [{sheet: write_conditions(path, sheet) for sheet in expected[0]} for path in paths]
    for path, own, right in zip(
        libreoffice.recalculate(paths, tmp_path), areas, expected, strict=True
    ):
        book = openpyxl.load_workbook(path, data_only=True)
        for sheet, array in right.items():
            found = [
                [cell.value for cell in row] for area in own[sheet] for row in book[sheet][area]
            ]
            assert (np.array(found).reshape(array.shape) == array).all(), (path.name, sheet)


def write_conditions(path, sheet):
    """Write into cells, far to the right, what each cell's rule says; return where."""
    book, beyond, areas = openpyxl.load_workbook(path), 100, []
    for area, rule in rules(path, sheet, "expression"):
        left, top, right, bottom = range_boundaries(area)
        first = area.partition(":")[0]
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                here = rectangle((column, row, column, row)).partition(":")[0]
                text = Translator(f"={rule.formula[0]}", first).translate_formula(here)
                book[sheet].cell(row, column + beyond, text)
        areas.append(rectangle((left + beyond, top, right + beyond, bottom)))
    book.save(path)
    return areas


def test_marked_cells_are_taken_out_of_the_scales(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "page.xlsx")
    fill(path, {("conv1.dL_dh", (1, 2, 2)): 99})
    marked = marked_copy(path)
    assert not audit(marked)
    before, after = scales(path, "conv1"), scales(marked, "conv1")

    def cells(found):
        return {
            (row, column)
            for one in found
            for left, top, right, bottom in [range_boundaries(one)]
            for row in range(top, bottom + 1) for column in range(left, right + 1)
        }  # fmt: skip

    _, _, (left, top, _, _) = places(path)["conv1.dL_dh"][1]
    assert cells(before) - cells(after) == {(top + 2, left + 2)}


def test_what_is_left_of_a_rectangle_without_some_cells():
    keys = [row * MAX_COLUMNS + column for row, column in [(1, 1), (1, 3), (3, 0), (9, 9)]]
    assert list(without((0, 0, 3, 3), keys)) == [
        (0, 0, 0, 3), (1, 0, 1, 0), (1, 2, 1, 2), (2, 0, 2, 3), (3, 1, 3, 3)
    ]  # fmt: skip
