"""Practice as a ladder: one tensor after another, in spreadsheet programs, as one fills them in."""

import re

import ironcalc
import openpyxl
import pytest

import xlbackprop
from tests.support.filling import fill
from tests.support.oracles import libreoffice
from tests.support.practice_colours import GREEN, PLAIN, RED, colours, saved_values, with_ironcalc
from tests.support.practising import ALLOWED, cells_of, truth_of
from xlbackprop.__main__ import main
from xlbackprop.errors import SpecError
from xlbackprop.workbook.write.practice.ladder_sheet import SHEET

BLANK = ("out", "dL_dw", "dL_dh")
NAMES = [f"conv1.{name}" for name in BLANK]


def ladder(name, path, blank=BLANK):
    return xlbackprop.build(name, path, blank=blank, ladder=True)


@pytest.fixture
def path(tmp_path):
    return ladder("conv5x5x2", tmp_path / "ladder.xlsx")


def answers(*names):
    return cells_of(truth_of(xlbackprop.load_spec("conv5x5x2")), names)


def reached(value):
    """Return the rung, and its words, on the Overview; and the states of all rungs."""
    states = [value(SHEET, 6 + row, 4) for row in range(len(NAMES))]
    return value("Overview", 4, 3), value("Overview", 5, 3), states


def seen(path, value, name):
    """Return the colours of a tensor's cells."""
    return {colour for (tensor, _), colour in colours(path, value).items() if tensor == name}


def test_next_rung_opens_when_all_cells_of_the_one_before_are_right(path):
    value = with_ironcalc(path)
    assert reached(value) == (1, "not yet, 0 of 27 right", ["not yet", "later", "later"])
    out, dw, dh = (answers(name) for name in NAMES)
    fill(path, dict(list(out.items())[:-1]))
    fill(path, dw)  # too early: neither shown nor marked
    value = with_ironcalc(path)
    assert reached(value) == (1, "not yet, 26 of 27 right", ["not yet", "later", "later"])
    assert seen(path, value, NAMES[0]) == {GREEN, PLAIN}
    assert seen(path, value, NAMES[1]) == {PLAIN}
    fill(path, dict(list(out.items())[-1:]))
    value = with_ironcalc(path)
    assert reached(value)[0] == 3
    assert reached(value)[2] == ["right", "right", "not yet"]
    assert seen(path, value, NAMES[1]) == {GREEN}
    fill(path, dh)
    assert reached(with_ironcalc(path)) == (4, "", ["right", "right", "right"])
    assert xlbackprop.check(path).verdict == "right"


def test_wrong_cell_is_red_and_closes_what_comes_after(path):
    fill(path, answers(*NAMES[:2]) | {("conv1.out", (0, 0, 0)): 1})
    value = with_ironcalc(path)
    assert reached(value) == (1, "not yet, 26 of 27 right", ["not yet", "later", "later"])
    assert seen(path, value, NAMES[0]) == {GREEN, RED}
    assert seen(path, value, NAMES[1]) == {PLAIN}


def test_closed_blocks_are_grey_and_take_no_entry(path):
    sheet = openpyxl.load_workbook(path)["conv1"]
    closed = {}
    for area in sheet.conditional_formatting:
        for rule in area.rules:
            match = re.fullmatch(r"\$A\$3<([0-9]+)", rule.formula[0])
            if match:
                assert rule.dxf.numFmt.formatCode == ";;;"
                assert rule.dxf.fill.bgColor.rgb == rule.dxf.font.color.rgb
                for one in str(area.sqref).split():
                    closed[one] = int(match[1])
    refused = {
        str(one.sqref): int(one.formula1.removeprefix("$A$3>="))
        for one in sheet.data_validations.dataValidation
    }
    blocks = {
        block.range: NAMES.index(tensor.name) + 1
        for tensor in xlbackprop.inspect(path).tensors
        for block in tensor.blocks
        if tensor.name in NAMES
    }
    assert closed == refused == blocks


def test_rule_is_shown_to_who_asks_and_to_no_other(path):
    rule = "dL/dw[k,c,a,b] = Σ(i,j) h[c,a+i,b+j] · dL/dout[k,i,j]"
    model = ironcalc.load_from_xlsx(str(path))
    numbers = {one["name"]: i for i, one in enumerate(model.get_worksheets_properties())}

    book = openpyxl.load_workbook(path)
    filled = [cell for line in book["conv1"].iter_rows() for cell in line if cell.value]

    def shown():
        """Return the texts of the page, and the hints of the ladder."""
        model.evaluate()
        values = (model.get_cell_value(numbers["conv1"], one.row, one.column) for one in filled)
        hints = [model.get_cell_value(numbers[SHEET], row, 8) for row in (6, 7, 8)]
        return " | ".join(one for one in values if isinstance(one, str)), hints

    page, hints = shown()
    assert hints == ["", "", ""]
    for hint in ("out[k,i,j] = Σ", "dL/dw[k,c,a,b] = ", "dL/dh[c,u,v] = ", "Nothing is turned"):
        assert hint not in page
    model.set_user_input(numbers[SHEET], 7, 7, "show")
    page, hints = shown()
    assert page.count(rule) == 1
    assert hints[1].startswith(f"{rule}. The weight has a part")
    assert hints[::2] == ["", ""]


@pytest.mark.libreoffice
def test_libreoffice_opens_the_same_rungs(tmp_path):
    path = ladder("conv5x5x2", tmp_path / "ladder.xlsx")
    fill(path, answers(*NAMES[:2]))
    (copy,) = libreoffice.recalculate([path], tmp_path)
    assert reached(saved_values(copy)) == reached(with_ironcalc(path))
    assert reached(saved_values(copy))[0] == 3
    assert seen(path, saved_values(copy), NAMES[1]) == {GREEN}


@pytest.mark.many(quick=["mlp-2-2-2"])
@pytest.mark.parametrize("name", ["mlp-2-2-2", "conv1d"])
def test_all_tensors_can_be_climbed(name, tmp_path):
    path = ladder(name, tmp_path / "ladder.xlsx", ["all"])
    network = xlbackprop.build_network(xlbackprop.load_spec(name))
    names = [one.target.name for one in network.equations]
    truth = truth_of(xlbackprop.load_spec(name))
    saved = saved_values(path)
    value = with_ironcalc(path)
    for row, column in [(4, 3), (5, 3)]:
        assert value("Overview", row, column) == saved("Overview", row, column)
    fill(path, cells_of(truth, names[: len(names) // 2]))
    assert with_ironcalc(path)("Overview", 4, 3) == len(names) // 2 + 1
    fill(path, cells_of(truth, names))
    assert with_ironcalc(path)("Overview", 4, 3) == len(names) + 1
    assert xlbackprop.check(path).verdict == "right"


@pytest.mark.slow
def test_formulas_use_old_functions_and_are_not_too_long(tmp_path):
    path = ladder("two-conv", tmp_path / "ladder.xlsx", ["dL_dw"])
    for sheet in openpyxl.load_workbook(path):
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if cell.data_type == "f":
                assert len(cell.value) <= 8192
                assert set(re.findall(r"([A-Z0-9]+)\(", cell.value)) <= {*ALLOWED, "HYPERLINK"}


def test_ladder_without_anything_blank_is_refused_and_the_option_is_that_of_the_library(tmp_path):
    with pytest.raises(SpecError, match="practice: no tensor is blank"):
        xlbackprop.build("conv5x5x2", tmp_path / "p.xlsx", ladder=True)
    own = ladder("mlp-2-2-2", tmp_path / "own.xlsx", ["dL_dw"])
    command = ["build", "mlp-2-2-2", "--blank", "dL_dw", "--ladder", "-o"]
    assert main([*command, str(tmp_path / "a.xlsx")]) == 0
    assert (tmp_path / "a.xlsx").read_bytes() == own.read_bytes()
