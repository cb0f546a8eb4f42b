"""The sheet of the gradient check, as spreadsheet programs compute it for what one picks."""

import ironcalc
import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.filling import fill
from tests.support.oracles import libreoffice
from tests.support.templates import TEMPLATES
from xlbackprop.errors import SpecError
from xlbackprop.workbook.write.gradcheck.check_sheet import NEAR, SHEET

PICKS = 50
# What comes after the first step has no gradient check: the optimizers' networks are one.
SMALL = [one for one in TEMPLATES if one not in ("lenet5", "digit") and "rs-" not in one]
QUICK = ["conv5x5x2", "mlp-2-2-2", "xor"]
AGREE = "they agree"


class Picked:
    """The sheet in IronCalc, with an entry picked."""

    def __init__(self, path):
        self.model = ironcalc.load_from_xlsx(str(path))
        self.number = [one["name"] for one in self.model.get_worksheets_properties()].index(SHEET)
        self.rows = {self.at(row, 2): row for row in range(1, 22) if self.at(row, 2)}

    def at(self, row, column=3):
        return self.model.get_cell_value(self.number, row, column)

    def pick(self, tensor, index, epsilon=1e-5):
        for row, text in ((5, tensor), (6, f"'{index}"), (7, str(epsilon))):
            self.model.set_user_input(self.number, row, 3, text)
        self.model.evaluate()

    def __getitem__(self, label):
        return self.at(self.rows[label])

    @property
    def verdict(self):
        return self.at(18)

    def entries(self):
        """Return all that can be picked: tensors with indices, from the hidden lists."""
        listed, row = [], 1
        while self.at(row, 16):
            listed.append(self.at(row, 16).rstrip("]").split("["))
            row += 1
        return listed


@pytest.mark.many(quick=QUICK)
@pytest.mark.parametrize("name", SMALL)
def test_drawn_picks_agree(name, tmp_path):
    sheet = Picked(xlbackprop.build(name, tmp_path / "page.xlsx", gradcheck=True))
    entries = sheet.entries()
    gradients = {(one.tensor, ",".join(map(str, one.index))) for one in xlbackprop.gradcheck(name)}
    assert {tuple(one) for one in entries} == gradients
    random = np.random.default_rng(16)
    few = PICKS if name in QUICK else 5  # the command has been through all of them
    for tensor, index in random.choice(entries, few):
        sheet.pick(tensor, index)
        numeric, slope = sheet["by nudging"], sheet["dL/d on the page"]
        near = NEAR * max(abs(numeric), abs(slope))
        kink = abs(sheet["slope on the left"] - sheet["slope on the right"]) > 10 * near
        assert abs(numeric - slope) <= max(near, sheet["and may by"]) or kink, (tensor, index)
        assert sheet.verdict == AGREE or kink


def test_wrong_gradient_stands_out_and_its_neighbours_do_not(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "page.xlsx", gradcheck=True)
    fill(path, {("conv1.dL_dw", (1, 0, 0, 1)): ("=-149.57", -149.57)})
    sheet = Picked(path)
    for index, verdict in (("1,0,0,1", "they differ"), ("1,0,0,0", AGREE), ("1,0,0,2", AGREE)):
        sheet.pick("conv1.w", index)
        assert sheet.verdict.startswith(verdict), index


def test_kink_and_epsilon_show(tmp_path):
    spec = tmp_path / "kink.toml"
    spec.write_text(
        'name = "kink"\ninput = [2]\n[[layers]]\ntype = "relu"\n[loss]\ntype = "given"\n'
        '[values.arrays]\n"relu1.h" = [0, 0.01]\n"relu1.dL_dout" = [1, 1]'
    )
    sheet = Picked(xlbackprop.build(spec, tmp_path / "kink.xlsx", gradcheck=True))
    sheet.pick("relu1.h", "0")
    assert sheet.verdict.startswith("they differ: a mistake, or a kink")
    assert (sheet["slope on the left"], sheet["slope on the right"]) == pytest.approx((0, 1))
    sheet.pick("relu1.h", "1")
    assert sheet.verdict == AGREE
    sheet.pick("relu1.h", "1", epsilon=0.1)
    assert sheet.verdict.startswith("they differ")


@pytest.mark.libreoffice
def test_libreoffice_computes_the_same_for_what_is_picked(tmp_path):
    picks = {"conv5x5x2": ("conv1.h", "1,2,2"), "gru": None}
    paths = []
    for name, pick in picks.items():
        path = xlbackprop.build(name, tmp_path / f"{name}.xlsx", gradcheck=True)
        book = openpyxl.load_workbook(path)
        if pick:
            book[SHEET]["C5"], book[SHEET]["C6"] = pick
        book.save(path)
        paths.append(path)
    for path in libreoffice.recalculate(paths, tmp_path):
        sheet = openpyxl.load_workbook(path, data_only=True)[SHEET]
        own = Picked(path)
        own.model.evaluate()
        assert sheet["C18"].value == AGREE == own.verdict, path.name
        assert sheet["C14"].value == pytest.approx(sheet["C15"].value, rel=1e-5)


def test_page_with_the_sheet_is_checked_and_says_no_answers(tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "page.xlsx", gradcheck=True)
    assert xlbackprop.check(path, prove=1).verdict == "right"
    saved = openpyxl.load_workbook(path, data_only=True)[SHEET]
    assert saved["C18"].value == AGREE
    with pytest.raises(SpecError, match="give away"):
        xlbackprop.build("mlp-2-2-2", tmp_path / "b.xlsx", gradcheck=True, blank=["dL_dw"])
    assert not (tmp_path / "b.xlsx").exists()
