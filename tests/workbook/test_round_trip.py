"""A workbook stays readable after other programs and people have been at it."""

import re

import numpy as np
import pytest

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.filling import arrays_of, fill, patch
from tests.support.oracles import engine, libreoffice, workbook
from tests.support.specs_and_values import saved, spec_of
from xlbackprop.formula.grid import Addresses
from xlbackprop.layout import lay_out

NAMES = ["plain", "stride2-padding1", "batch2-all-together", "more-channels-than-a-formula-holds"]


@pytest.mark.libreoffice
@pytest.mark.parametrize("loss", ["given", "mse"])
def test_workbooks_saved_by_libreoffice_are_right(tmp_path, loss):
    paths = [
        xlbackprop.build(conv_spec(GEOMETRIES[name], loss=loss), tmp_path / f"{name}.xlsx")
        for name in NAMES
    ]
    for path, copy in zip(paths, libreoffice.recalculate(paths, tmp_path), strict=True):
        report = xlbackprop.check(copy)
        assert report.verdict == "right", copy.name
        assert report.counts == xlbackprop.check(path).counts


@pytest.fixture(scope="module")
def rearranged(tmp_path_factory):
    """The example with five rows above and two columns left of a block, and a renamed sheet."""
    folder = tmp_path_factory.mktemp("rearranged")
    path = xlbackprop.build("conv5x5x2", folder / "book.xlsx")
    script = """
sheet = document.Sheets.getByName("conv1")
sheet.Rows.insertByIndex(9, 5)
sheet.Columns.insertByIndex(2, 2)
sheet.Name = "my layer, 2nd try"
"""
    return path, libreoffice.edit(path, script, folder)


ROWS_INSERTED = 5


def _moved_down(text):
    """Return an address, or those in a text, as they are after rows are inserted above row 10."""
    return re.sub(
        r"(\$?)(?<=[A-Z$])(\d+)",
        lambda found: f"{found[1]}{int(found[2]) + ROWS_INSERTED * (int(found[2]) >= 10)}",
        text,
    )


def test_rows_inserted_and_a_sheet_renamed_are_followed_by_the_names(tmp_path):
    """What a spreadsheet program saves then: its cells and its names have moved."""
    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")
    before = xlbackprop.inspect(path)

    def move_cells(xml):
        text = re.sub(r'(?<=<c r=")[A-Z]+\d+', lambda one: _moved_down(one[0]), xml.decode())
        text = re.sub(r'(?<=<row r=")\d+', lambda one: _moved_down("A" + one[0])[1:], text)
        return text.encode()

    def move_names(xml):
        text = xml.decode().replace('sheet name="conv1"', 'sheet name="my layer"')
        places = r"(?<=>)conv1!(\$[A-Z:$0-9]+)(?=</definedName>)"
        return re.sub(places, lambda one: f"'my layer'!{_moved_down(one[1])}", text).encode()

    patch(path, {"xl/worksheets/sheet2.xml": move_cells, "xl/workbook.xml": move_names})
    assert xlbackprop.check(path, engine="none").verdict == "right"
    after = xlbackprop.inspect(path)
    first, moved = before.tensors[0].blocks[0], after.tensors[0].blocks[0]
    assert (first.sheet, first.range) == ("conv1", "C11:G15")
    assert (moved.sheet, moved.range) == ("my layer", "C16:G20")


@pytest.mark.libreoffice
def test_inserted_rows_columns_and_a_renamed_sheet_do_not_matter(rearranged):
    path, copy = rearranged
    assert xlbackprop.check(copy).verdict == "right"
    before, after = xlbackprop.inspect(path), xlbackprop.inspect(copy)
    assert before.tensors[0].blocks[0].sheet == "conv1"
    assert before.tensors[0].blocks[0].range == "C11:G15"
    assert after.tensors[0].blocks[0].sheet == "my layer, 2nd try"
    assert after.tensors[0].blocks[0].range == "E16:I20"


@pytest.mark.libreoffice
def test_mistake_in_a_rearranged_workbook_is_found_where_it_is_now(rearranged, tmp_path):
    _, copy = rearranged
    target = tmp_path / "copy.xlsx"
    target.write_bytes(copy.read_bytes())
    fill(target, {("conv1.dL_dw", (0, 0, 0, 0)): 77.5})
    (cell,) = xlbackprop.check(target).cells
    assert (cell.sheet, cell.status) == ("my layer, 2nd try", "wrong")


def test_copied_sheet_with_names_of_its_own_does_not_matter(tmp_path):
    """Excel gives a copied sheet twins of the names, at the level of the sheet."""
    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")

    def add_twins(xml):
        twin = b'<definedName name="conv1.h.0" localSheetId="0">Overview!$A$1:$E$5</definedName>'
        return xml.replace(b"<definedNames>", b"<definedNames>" + twin)

    patch(path, {"xl/workbook.xml": add_twins})
    assert xlbackprop.check(path).verdict == "right"


def test_shared_formulas_are_expanded_in_the_report(tmp_path):
    """A formula that is filled on is stored once, with a mark in the cells that share it."""
    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")
    second = "D32"  # dL_dh[0,0,1], to the right of the cell with the formula

    def change(xml):
        neighbour = rf'(<c r="{second}" s="\d+"><f t="shared" si="\d+"/>)<v>.*?</v>'
        changed, count = re.subn(neighbour, r"\1<v>5</v>", xml.decode())
        assert count == 1
        return changed.encode()

    patch(path, {"xl/worksheets/sheet2.xml": change})
    (cell,) = xlbackprop.check(path, engine="none").cells
    assert cell.cell == second
    network = xlbackprop.build_network(xlbackprop.load_spec("conv5x5x2"))
    equation = network.equation_of["conv1.dL_dh"]
    formula = equation.formula(Addresses(equation, lay_out(network).blocks), 0, 0, 1)
    assert cell.formula == f"={formula}"


def test_spec_option_takes_the_place_of_the_workbooks_own(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")
    assert xlbackprop.check(path, spec="conv5x5x2").verdict == "right"
    with pytest.raises(xlbackprop.WorkbookError, match="7"):
        xlbackprop.check(path, spec="conv7x7x3-stride2")


def test_formulas_saved_without_values_are_computed(tmp_path):
    """openpyxl, like other libraries, saves formulas and does not compute them."""
    import openpyxl

    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")
    openpyxl.load_workbook(path).save(path)
    report = xlbackprop.check(path)
    assert (report.verdict, report.notes) == ("right", ())


def test_formulas_saved_without_values_say_what_to_do_where_nothing_computes_them(tmp_path):
    import openpyxl

    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")
    openpyxl.load_workbook(path).save(path)
    report = xlbackprop.check(path, engine="none")
    assert {cell.status for cell in report.cells} == {"invalid"}
    assert all("without a saved value" in cell.note for cell in report.cells)


def test_workbook_saved_by_ironcalc_is_right(tmp_path):
    import ironcalc

    path = xlbackprop.build("conv7x7x3-stride2", tmp_path / "book.xlsx")
    model = ironcalc.load_from_xlsx(str(path))
    model.evaluate()
    model.save_to_xlsx(str(tmp_path / "saved.xlsx"))
    assert xlbackprop.check(tmp_path / "saved.xlsx").verdict == "right"


def test_saved_values_read_back_exactly(tmp_path):
    """Seventeen digits where they are needed: what is judged is what was computed."""
    path = xlbackprop.build(conv_spec(GEOMETRIES["plain"], loss="mse"), tmp_path / "book.xlsx")
    network = xlbackprop.build_network(conv_spec(GEOMETRIES["plain"], loss="mse"))
    saved = arrays_of(path)
    computed = network.evaluate({t.name: saved[t.name] for t in network.inputs})
    for name, array in computed.items():
        np.testing.assert_array_equal(saved[name], array, err_msg=name)


ODD_NAMES = ["c", "R", "r1c1", "a1", "fc1", "XFD9", "L", "sum", "e", "rc"]


@pytest.fixture(scope="module")
def oddly_named(tmp_path_factory):
    """Workbooks whose first layers have names that look like cells or functions."""

    def build(name):
        layers = [
            {"type": "dense", "units": 2, "name": name},
            {"type": "tanh"},
            {"type": "add", "from": [name, "tanh1"]},
        ]
        training = {"optimizer": "sgd", "lr": 0.1, "steps": 2}
        raw = {"name": "names", "input": [3], "layers": layers, "training": training}
        return xlbackprop.build(spec_of(raw), folder / f"book-{name}.xlsx")

    folder = tmp_path_factory.mktemp("names")
    return {name: build(name) for name in ODD_NAMES}


@pytest.fixture(scope="module")
def oddly_named_by_libreoffice(oddly_named, tmp_path_factory):
    copies = libreoffice.recalculate(list(oddly_named.values()), tmp_path_factory.mktemp("office"))
    return dict(zip(oddly_named, copies, strict=True))


@pytest.mark.parametrize("name", ODD_NAMES)
def test_layer_names_that_look_like_cells_or_functions_work_in_ironcalc(oddly_named, name):
    path = oddly_named[name]
    arrays = saved(path)
    for tensor, array in engine.recalculated_arrays(path, workbook.places(path)).items():
        np.testing.assert_allclose(arrays[tensor], array, atol=1e-9, err_msg=tensor)
    assert xlbackprop.check(path).verdict == "right"


@pytest.mark.libreoffice
@pytest.mark.parametrize("name", ODD_NAMES)
def test_layer_names_that_look_like_cells_or_functions_work_in_every_engine(
    oddly_named_by_libreoffice, name
):
    assert xlbackprop.check(oddly_named_by_libreoffice[name]).verdict == "right"
