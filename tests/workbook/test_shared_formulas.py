"""What a block's cells share is read by others as if it stood in each of them."""

import re
import zipfile
from itertools import product

import ironcalc
import openpyxl
import pytest

import xlbackprop
from tests.support.oracles import libreoffice
from xlbackprop.formula.grid import Addresses
from xlbackprop.formula.parser import read_formula
from xlbackprop.layout import lay_out

NUMBER = re.compile(r"(?<![A-Z$\d.])\d+(?:\.\d+)?(?:E[-+]?\d+)?(?![\d.])")
TEMPLATES = ["conv5x5x2", "conv7x7x3-stride2", "digit", "residual-block", "optimizers-adam"]


def expected(template):
    """Return what stands in each cell of a page, by sheet and address: a formula or a number."""
    network = xlbackprop.build_network(xlbackprop.load_spec(template))
    blocks = lay_out(network).blocks
    found = {}
    for equation in network.equations:
        at = Addresses(equation, blocks)
        for block in blocks[equation.target.name]:
            entries = product(*map(range, equation.target.block_shape))
            places = product(range(block.height), range(block.width))
            for entry, (row, column) in zip(entries, places, strict=True):
                cell = block.sheet, block.row + row + 1, block.column + column + 1
                text = equation.formula(at, *block.index, *entry)
                found[cell] = f"={text}" if isinstance(text, str) else text
    return found


def built(template, folder):
    return xlbackprop.build(template, folder / "page.xlsx")


def meaning(formula):
    """Return what a formula says, however its numbers are written and wherever brackets stand."""
    plain = NUMBER.sub(lambda found: repr(float(found[0])), formula.removeprefix("="))
    return read_formula(plain)


def parts(path):
    """Return the XML of all pages of a workbook."""
    with zipfile.ZipFile(path) as package:
        names = [name for name in package.namelist() if "worksheets/sheet" in name]
        return [package.read(name).decode() for name in names]


@pytest.mark.many(quick=["conv5x5x2", "conv7x7x3-stride2"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_openpyxl_reads_each_formula(template, tmp_path):
    book = openpyxl.load_workbook(built(template, tmp_path))
    for (sheet, row, column), content in expected(template).items():
        assert book[sheet].cell(row, column).value == content


@pytest.mark.many(quick=["conv5x5x2", "conv7x7x3-stride2"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_ironcalc_reads_each_formula_and_computes_what_is_saved(template, tmp_path):
    path = built(template, tmp_path)
    model = ironcalc.load_from_xlsx(str(path))
    model.evaluate()
    number = {one["name"]: at for at, one in enumerate(model.get_worksheets_properties())}
    saved = openpyxl.load_workbook(path, data_only=True)
    for (sheet, row, column), content in expected(template).items():
        if isinstance(content, str):
            own = model.get_cell_content(number[sheet], row, column)
            # IronCalc shows where it takes one cell of a reference, in formulas written out too.
            assert meaning(own.replace("@", "")) == meaning(content)
        value = model.get_cell_value(number[sheet], row, column)
        assert value == pytest.approx(saved[sheet].cell(row, column).value, rel=1e-9, abs=1e-12)


@pytest.mark.libreoffice
@pytest.mark.parametrize("template", ["conv5x5x2", "residual-block"])
def test_libreoffice_reads_each_formula(template, tmp_path):
    (copy,) = libreoffice.recalculate([built(template, tmp_path)], tmp_path)
    book = openpyxl.load_workbook(copy)
    for (sheet, row, column), content in expected(template).items():
        own = book[sheet].cell(row, column).value
        if isinstance(content, str):
            assert meaning(own.replace("$", "")) == meaning(content.replace("$", ""))
        else:
            assert own == content
    assert xlbackprop.check(copy).verdict == "right"


def test_a_block_that_is_filled_on_is_stored_once(tmp_path):
    path = built("conv5x5x2", tmp_path)
    tensors = {one.name: one for one in xlbackprop.inspect(path).tensors}
    masters = {
        area: formula
        for xml in parts(path)
        for area, formula in re.findall(r'<f t="shared" ref="([^"]+)" si="\d+">([^<]+)</f>', xml)
    }
    blocks = {
        block.range for name in ("conv1.out", "conv1.dL_dh") for block in tensors[name].blocks
    }
    assert blocks <= set(masters)


def test_numbers_of_shared_formulas_are_their_own(tmp_path):
    for xml in parts(built("digit", tmp_path)):
        numbers = re.findall(r'ref="[^"]+" si="(\d+)"', xml)
        assert sorted(map(int, numbers)) == [*range(len(numbers))]
        assert set(re.findall(r'<f t="shared" si="(\d+)"/>', xml)) <= set(numbers)


def test_no_formula_that_refers_to_another_sheet_is_shared(tmp_path):
    for xml in parts(built("two-conv", tmp_path)):
        assert not any("!" in text for text in re.findall(r'<f t="shared" ref[^>]*>([^<]*)', xml))


def test_blank_tensor_has_no_formula_anywhere(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "page.xlsx", blank=["dL_dw", "dL_dh"])
    tensors = {one.name: one for one in xlbackprop.inspect(path).tensors}
    blank = {
        block.range for name in ("conv1.dL_dw", "conv1.dL_dh") for block in tensors[name].blocks
    }
    shared = {area for xml in parts(path) for area in re.findall(r'ref="([^"]+)" si=', xml)}
    assert shared
    assert not shared & blank


def test_formulas_take_a_small_part_of_the_text(tmp_path):
    spec = xlbackprop.parse_spec(
        'name = "c"\ninput = [2, 40, 40]\n[[layers]]\ntype = "conv2d"\nfilters = 2\nkernel = 3\n'
    )
    path = xlbackprop.build(spec, tmp_path / "page.xlsx")
    stored = sum(
        len(text) for xml in parts(path) for text in re.findall(r"<f[^>]*>([^<]*)</f>", xml)
    )
    book = openpyxl.load_workbook(path)
    cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    read = sum(len(value) for value in cells if isinstance(value, str) and value.startswith("="))
    assert stored < 0.2 * read
