"""The table of functions: each row is evaluated, written out and typeset; others are refused."""

import math

import ironcalc
import numpy as np
import pytest
import tomli_w
import xlsxwriter

import xlbackprop
from tests.support.plugins import HERE, registered
from xlbackprop.errors import ContractError
from xlbackprop.explainer.evaluate import evaluate as evaluate_cell
from xlbackprop.formula.evaluate import Numbers, evaluate, evaluate_from
from xlbackprop.formula.functions import BY_WORD, FUNCTIONS
from xlbackprop.formula.functions.operators import OPERATORS
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.parser import read_formula
from xlbackprop.formula.tree import functions_in, walk
from xlbackprop.layers import LAYERS
from xlbackprop.notation import to_latex
from xlbackprop.notation.symbols import GREEK

# The numbers in A1:B3 and D1:E3.
NUMBERS = {"A": [1.5, -2.0, 0.25], "B": [3.0, 0.5, -1.25], "D": [2.0, 2.0, 1.0], "E": [0, 1, 2]}

FORMULAS = {
    "ABS": "ABS(A2)*ABS(A1)",
    "SIGN": "SIGN(A2)+SIGN(E1)+SIGN(3)",
    "EXP": "EXP(A1-B1)",
    "LN": "LN(B1)",
    "LOG10": "LOG10(B2)",
    "SQRT": "SQRT(A1)",
    "POWER": "POWER(A2,D1)+2^-3+(-2)^3",
    "TANH": "TANH(A2)",
    "PI": "PI()*2",
    "SUM": "SUM(A1:B3,D1)-SUM(2,3)",
    "SUMSQ": "SUMSQ(A1:B3,D1:D2)",
    "SUMPRODUCT": "SUMPRODUCT(A1:B3,D1:E3)+SUMPRODUCT(A1:A3,B1:B3,D1:D3)",
    "SUMXMY2": "SUMXMY2(A1:B3,D1:E3)",
    "AVERAGE": "AVERAGE(A1:B3,D1)",
    "MAX": "MAX(A1:B3,2,D1:D3)",
    "MIN": "MIN(A1:B3,2,D1:D3)",
    "IF": "IF(A1>B1,1,2)+IF(A1<B1,3,4)+IF(A1=1.5,5,6)+IF(A1<>1.5,7,8)+IF(A1>=2,9,10)+IF(A1<=2,1,2)",
    "AND": "IF(AND(A1>0,B1>0),1,2)+IF(AND(A1>0,A2>0),3,4)",
    "OR": "IF(OR(A1<0,A2<0),1,2)+IF(OR(A1<0,B1<0),3,4)",
    "NOT": "IF(NOT(A1>0),1,2)",
    "ROWS": "ROWS(A1:B3)*10",
    "COLUMNS": "COLUMNS(A1:B3)*10",
    "LOG": "LOG(8,2)+LOG(B1)",
    "SINH": "SINH(A2)",
    "COSH": "COSH(A2)",
    "NORMSDIST": "NORMSDIST(A3)+NORMSDIST(B2)*10",
    "SIN": "SIN(A2)",
    "COS": "COS(A2)",
    "ROUND": "ROUND(2.5,0)+ROUND(2.675,2)*100+ROUND(-1.005,2)+ROUND(1234.5,-2)+ROUND(A3,1)",
    "INT": "INT(A2)*10+INT(-1.5)",
    "MOD": "MOD(-3,2)*10+MOD(3,-2)*100+MOD(A1,D1)",
    "COUNT": "COUNT(A1:B3,4,D1)",
    "VAR.P": "_xlfn.VAR.P(A1:B3,1)",
    "VARP": "VARP(A1:B3)",
    "VAR.S": "_xlfn.VAR.S(A1:B3)",
    "VAR": "VAR(A1:B3)",
    "STDEV.P": "_xlfn.STDEV.P(A1:B3)",
    "STDEVP": "STDEVP(A1:B3)",
    "STDEV.S": "_xlfn.STDEV.S(A1:B3)",
    "STDEV": "STDEV(A1:B3)",
    "IFERROR": "IFERROR(A1,7)",
    "CHOOSE": "CHOOSE(2.9,A1,A2,A3)",
    "N": "N(A1)*2",
    "TRUE": "TRUE()+1",
    "FALSE": "FALSE()+1",
    "TRANSPOSE": "SUMPRODUCT(TRANSPOSE(A1:B3),TRANSPOSE(D1:E3))",
    "MMULT": "SUM(MMULT(A1:B3,D1:E2))+INDEX(MMULT(A1:B3,D1:E2),2,1)",
    "ROW": "ROW()*1000",
    "COLUMN": "COLUMN()*1000",
    "INDEX": "INDEX(A1:B3,2,2)+INDEX(A1:A3,3)+INDEX(A1:B1,2)+INDEX(D1:E3,ROWS(A1:A2),1.9)",
}  # fmt: skip


def oracle(formula, folder):
    """Return what IronCalc makes of a formula."""
    path = folder / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for column, numbers in NUMBERS.items():
            sheet.write_column(f"{column}1", numbers)
        sheet.write_formula("H7", f"={formula}")
    model = ironcalc.load_from_xlsx(str(path))
    model.evaluate()
    return model.get_cell_value(0, 7, 8)


def arrays(references):
    table = np.full((3, 5), np.nan)
    for column, numbers in NUMBERS.items():
        table[:, ord(column) - ord("A")] = numbers
    return [table[None, a.top : a.bottom + 1, a.left : a.right + 1, None] for a in references]


class Here(Numbers):
    """Numbers as a formula in H7 refers to them."""

    def place(self, axis):
        return np.full((1, 1, 1, 1), (7.0, 8.0)[axis])


def ours(formula):
    read = read_formula(formula)
    return evaluate_from(read.tree, Here(arrays(read.references)))


def test_every_function_has_a_formula_here():
    assert set(FORMULAS) | {"NA"} == set(FUNCTIONS)


@pytest.mark.parametrize("name", FORMULAS)
def test_function_is_evaluated_as_the_engine_does(name, tmp_path):
    formula = FORMULAS[name]
    assert name in functions_in(read_formula(formula).tree)
    value = ours(formula)
    assert value.size == 1
    np.testing.assert_allclose(value.item(), oracle(formula, tmp_path), rtol=1e-14)


def test_a_function_computed_otherwise_is_noticed(tmp_path):
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(
            ours("SUM(A1:B3)").item(), oracle("SUMSQ(A1:B3)", tmp_path), rtol=1e-14
        )


@pytest.mark.parametrize("name", [n for n, row in FUNCTIONS.items() if row.each or row.over])
def test_single_cells_are_evaluated_like_arrays(name):
    row, numbers = FUNCTIONS[name], [0.75, 2.0, 1.0]
    count = 3 if row.over else row.arguments[0] + (name == "IF")
    formula = f"{name}({','.join(map(str, numbers[:count]))})"
    tree = read_formula(formula).tree
    assert evaluate_cell(tree, {}) == pytest.approx(
        evaluate(tree, []).item(), rel=1e-14, nan_ok=True
    )


@pytest.mark.parametrize(
    "formula",
    ["1/0", "LN(0)", "SQRT(-1)", "0^0", "0^-1", "EXP(1000)", "10^400", "1/EXP(1000)", "LN(0)>1",
     "IF(LN(0)>1,2,3)", "MAX(LN(0),1)", "NOT(LN(0))", "AND(LN(0),1)", "OR(LN(0),1)", "SUM(LN(0),1)",
     "INDEX(A1:B3,4,1)", "INDEX(A1:B3,1,3)", "SUMSQ(10^200)"],
)  # fmt: skip
def test_errors_are_no_numbers(formula):
    assert np.isnan(ours(formula)).all()


@pytest.mark.parametrize("formula", ["1/0", "LN(0)", "0^0", "EXP(1000)", "LN(0)>1", "IF(1/0,2,3)"])
def test_errors_are_no_numbers_in_single_cells_either(formula):
    assert math.isnan(evaluate_cell(read_formula(formula).tree, {}))


def test_numbers_in_braces_are_a_rectangle():
    assert ours("{1,2;3,-4}")[0, ..., 0].tolist() == [[1, 2], [3, -4]]


def test_only_the_branch_that_is_taken_counts():
    assert ours("IF(A1>0,1,LN(0))").item() == 1
    assert evaluate_cell(read_formula("IF(2>0,1,LN(0))").tree, {}) == 1


@pytest.mark.parametrize(
    "formula",
    ["FOO(A1)", "A1&B1", '"a"', "EXP(1,2)", "rate*2", "SUMPRODUCT(A1:A3,B1:B2)", "A1:A3+B1:B2",
     "A1:B1 B1", '{1,"a"}'],
)  # fmt: skip
def test_what_is_not_known_is_said(formula):
    with pytest.raises(NotKnown):
        ours(formula)


def test_many_cells_and_draws_are_evaluated_at_once():
    rng = np.random.default_rng(0)
    window, filters = rng.normal(size=(5, 3, 2, 4)), rng.normal(size=(1, 3, 2, 1))
    tree = read_formula("SUMPRODUCT(A1:B3,D1:E3)+MAX(A1:B3)*2").tree
    value = evaluate(tree, [window, filters, window])
    expected = (window * filters).sum((1, 2)) + 2 * window.max((1, 2))
    np.testing.assert_allclose(value[:, 0, 0], expected)


# In equations.


@pytest.mark.parametrize(
    ("line", "latex"),
    [
        ("out[j] = σ(h[j])", r"\mathrm{out}_{j} = \sigma(h_{j})"),
        ("a = |b - c| · |d|", r"a = \left|b - c\right|\, \left|d\right|"),
        ("a = abs(b) + sqrt(b/2)", r"a = \left|b\right| + \sqrt{\frac{b}{2}}"),
        ("L = min(k) out[k]", r"L = \min_{k} \mathrm{out}_{k}"),
        ("L = min(a,b)", r"L = \min(a,b)"),
        ("a = 2π(b)", r"a = 2\, \pi\, (b)"),
        ("λ_1 = δ[j] ≤ ∞", r"\lambda_{1} = \delta_{j} \le \infty"),
        ("a = b ⊙ c × d", r"a = b \odot c \times d"),
        ("a = sign(b) · log10(c)", r"a = \mathrm{sign}(b) \cdot \log_{10}(c)"),
    ],
)
def test_functions_and_symbols_are_typeset(line, latex):
    assert to_latex(line) == latex


@pytest.mark.parametrize("word", [word for word in BY_WORD if word not in ("|", "√", "π")])
def test_every_function_is_typeset_by_its_word(word):
    assert to_latex(f"a = {word}(b)").startswith("a = \\")
    assert "text" not in to_latex(f"a = {word}(b)")


@pytest.mark.parametrize("letter", GREEK)
def test_greek_letters_are_letters(letter):
    assert to_latex(f"a = {letter}[j]") == f"a = {GREEK[letter]}_{{j}}"


# In networks.


def spec():
    raw = {
        "name": "mine",
        "input": [3],
        "layers": [{"type": "dense", "units": 2}, {"type": "squash"}],
        "loss": {"type": "absolute"},
        "training": {"optimizer": "sgd", "lr": 0.1, "steps": 2},
        "values": {"style": "normal"},
    }
    return xlbackprop.parse_spec(tomli_w.dumps(raw))


@pytest.fixture
def plugins():
    with registered(HERE / "absolute.py"):
        yield


@pytest.mark.usefixtures("plugins")
def test_loss_with_abs_is_built_proven_explained_and_typeset(tmp_path):
    path = xlbackprop.build(spec(), tmp_path / "mine.xlsx")
    assert xlbackprop.check(path, prove=5).verdict == "right"
    for cell in ("loss.losses[1]", "step2.loss.losses[1]"):
        one = xlbackprop.explain(path, cell)
        assert one.with_indices == "|out[1] - target[1]|"
        assert one.value == pytest.approx(one.expected)
        assert one.status == "right"
        assert r"\left|" in one.latex
    assert xlbackprop.explain(path, "squash1.dL_dout[0]").value in (-1, 1)
    for form in ("latex", "markdown", "html", "text"):
        document = xlbackprop.equations(spec(), form)
        assert "?(" not in document
        assert ("σ" if form in ("text", "html") else r"\sigma") in document


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"formula": "GAMMALN({h})"}, ["GAMMALN", "formula of squash1.out", "formula/functions/"]),
        ({"formula": "{h}&1"}, ["operator '&'", "operators.py"]),
        ({"formula": "{h}*rate"}, ["holds rate"]),
        ({"formula": "#REF!+{h}"}, ["#REF!"]),
        ({"formula": "1/({h}"}, ["cannot be read", "missing at its end"]),
        ({"text": "out[j] = squash(h[j])"}, ["calls squash", "of_equations.py"]),
        ({"text": "out[j] = ☃[j]"}, ["'☃'", "notation/symbols.py"]),
    ],
)
def test_what_the_tables_do_not_know_is_refused_with_the_layers_name(changes, words, monkeypatch):
    for name, value in changes.items():
        monkeypatch.setattr(LAYERS["squash"].cls, name, value)
    with pytest.raises(ContractError) as caught:
        xlbackprop.build_network(spec())
    message = str(caught.value)
    assert message.startswith('layer "squash1": ')
    assert all(word in message for word in words), message
    assert message.isprintable()


def test_every_operator_stands_in_a_formula_here():
    signs = {
        part.operator
        for formula in (*FORMULAS.values(), "1+2-3*4/5", "1=2")
        for part in walk(read_formula(formula).tree)
        if hasattr(part, "operator")
    }
    assert signs | {"&"} == set(OPERATORS)
