"""What differentiating a sheet finds: which L, which steps, and what each cell claims to be."""

from pathlib import Path

import openpyxl
import pytest

from xlbackprop.errors import WorkbookError
from xlbackprop.find.gradients.discover import find_gradients
from xlbackprop.find.gradients.findings import NothingFound, Reason, Role
from xlbackprop.workbook.read.workbook import open_workbook

HEADER = ["x", "t", "w", "b", "z", "a", "E", "dE/dw", "dE/db"]


def neuron(row, first, *, gradient="=(F{r}-B{r})*F{r}*(1-F{r})*A{r}"):
    """Return a row in which a neuron takes a step; the first one has typed weights."""
    weights = [0.4, -0.2] if row == first else ["=C{p}-$L$1*H{p}", "=D{p}-$L$1*I{p}"]
    forward = ["=C{r}*A{r}+D{r}", "=1/(1+EXP(-E{r}))", "=0.5*(F{r}-B{r})^2"]
    cells = [0.7, 1, *weights, *forward, gradient, "=(F{r}-B{r})*F{r}*(1-F{r})"]
    return [one.format(r=row, p=row - 1) if isinstance(one, str) else one for one in cells]


@pytest.fixture
def found(tmp_path):
    """Return a function that gives the findings for rows of cells, from A1 on."""

    def find(*rows, **options):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.active["L1"] = 0.5
        path = Path(tmp_path / "own.xlsx")
        book.save(path)
        with open_workbook(path) as workbook:
            return find_gradients(workbook, **options)

    return find


def test_each_step_is_found_with_its_weights_gradients_and_updates(found):
    findings = found(HEADER, *(neuron(row, 2) for row in range(2, 8)))
    assert [findings.address(cell) for cell in findings.losses] == [f"G{r}" for r in range(2, 8)]
    of = {findings.address(one.cell): findings.address(one.of) for one in findings.claims}
    expected = {f"H{r}": f"C{r}" for r in range(2, 8)} | {f"I{r}": f"D{r}" for r in range(2, 8)}
    expected |= {f"{column}{r}": f"{column}{r - 1}" for column in "CD" for r in range(3, 8)}
    assert of == expected
    assert {one.factor for one in findings.claims if one.role is Role.UPDATE} == {0.5}
    assert findings.own == pytest.approx(findings.truth, rel=1e-9)


def test_wrong_gradient_is_claimed_by_its_update_and_has_its_true_value(found):
    wrong = "=(F{r}-B{r})*F{r}*(1-F{r})*B{r}"
    findings = found(HEADER, *(neuron(row, 2, gradient=wrong) for row in range(2, 8)))
    claims = {findings.address(one.cell): at for at, one in enumerate(findings.claims)}
    assert findings.claims[claims["H3"]].reason is Reason.UPDATE
    assert findings.own[claims["H3"], 0] * 0.7 == pytest.approx(findings.truth[claims["H3"], 0])


def test_error_value_is_said_first_with_what_rests_on_it(found):
    rows = [neuron(row, 2) for row in range(2, 6)]
    rows[1][2] = "=C2-L5*H2"  # a text stands there
    rows[3] += ["", "", "a text"]
    findings = found(HEADER, *rows)
    assert findings.notes[0].startswith("C3 gives #VALUE!, as ")


def test_loss_may_be_said(found):
    rows = [["", *HEADER[1:6], "p", *HEADER[7:]], *(neuron(row, 2) for row in range(2, 6))]
    assert [found(*rows, loss="G2").address(cell) for cell in found(*rows, loss="G2").losses] == [
        "G2", "G3", "G4", "G5"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("the loss", "--loss takes the cell that holds L, like W3 or Sheet1!W3, not 'the loss'"),
        ("A2", "--loss A2 holds no formula that gives a number: L is computed from the weights"),
        ("Page!G2", "it has no sheet 'Page', which --loss names"),
    ],
)
def test_loss_that_is_none_is_refused(found, loss, message):
    with pytest.raises(WorkbookError) as error:
        found(HEADER, neuron(2, 2), loss=loss)
    assert str(error.value).endswith(message)


def test_where_nothing_is_differentiated_a_reason_is_given(found):
    assert found(["a", "b"], [1, 2], [3, "=A2+B2"]) == NothingFound(
        "no cell equals the gradient of another"
    )
