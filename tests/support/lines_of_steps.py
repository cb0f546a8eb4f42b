"""A sheet with a row, or a column, for each training step of two dense layers of two neurons.

Neurons alternate with their activations, each gradient is one formula, and the weights of a step
are made from the step before. The numbers are computed by whoever reads the formulas.
"""

import openpyxl

from xlbackprop.formula.addresses import column_name

SPEC = """
name = "mlp"
input = [2]
[[layers]]
type = "dense"
units = 2
bias = false
[[layers]]
type = "sigmoid"
[[layers]]
type = "dense"
units = 2
bias = false
[[layers]]
type = "sigmoid"
[loss]
type = "half_sse"
"""
TRAINING = '[training]\noptimizer = "sgd"\nlr = 0.5\nsteps = {}\n'
RATE = 0.5
GIVEN = {"t1": 0.2, "t2": 0.9, "i1": 0.3, "i2": -0.7}
WEIGHTS = {"w1": 0.4, "w2": -0.5, "w3": 0.6, "w4": 0.1,
           "w5": 0.7, "w6": -0.3, "w7": 0.2, "w8": 0.8}  # fmt: skip
FORWARD = {
    "h1": "i1*w1+i2*w2", "a_h1": "1/(1+EXP(-h1))", "h2": "i1*w3+i2*w4", "a_h2": "1/(1+EXP(-h2))",
    "o1": "w5*a_h1+w6*a_h2", "a_o1": "1/(1+EXP(-o1))",
    "o2": "w7*a_h1+w8*a_h2", "a_o2": "1/(1+EXP(-o2))",
    "E1": "0.5*(t1-a_o1)^2", "E2": "0.5*(t2-a_o2)^2", "E_tot": "E1+E2",
}  # fmt: skip
_D1, _D2 = "(a_o1-t1)*a_o1*(1-a_o1)", "(a_o2-t2)*a_o2*(1-a_o2)"
_H1, _H2 = (
    f"({_D1}*{down}+{_D2}*{up})*{a}*(1-{a})"
    for down, up, a in (("w5", "w7", "a_h1"), ("w6", "w8", "a_h2"))
)
GRADIENTS = {
    f"dE/dw{number}": f"{delta}*{source}"
    for number, (delta, source) in enumerate(
        [(_H1, "i1"), (_H1, "i2"), (_H2, "i1"), (_H2, "i2"),
         (_D1, "a_h1"), (_D1, "a_h2"), (_D2, "a_h1"), (_D2, "a_h2")], start=1)
}  # fmt: skip
COLUMNS = list(GIVEN | WEIGHTS | FORWARD | GRADIENTS)
PLACES = {
    "dense1.h": ("i1", "i2"), "dense1.w": ("w1", "w2", "w3", "w4"), "dense1.out": ("h1", "h2"),
    "sigmoid1.out": ("a_h1", "a_h2"), "dense2.w": ("w5", "w6", "w7", "w8"),
    "dense2.out": ("o1", "o2"), "sigmoid2.out": ("a_o1", "a_o2"), "loss.target": ("t1", "t2"),
    "loss.L": ("E_tot",), "dense1.dL_dw": tuple(GRADIENTS)[:4],
    "dense2.dL_dw": tuple(GRADIENTS)[4:],
}  # fmt: skip


def cell(name, line, across=False):
    """Return the address of a number in a line, counted from 1: rows, or columns if across."""
    place = COLUMNS.index(name)
    return f"{column_name(line)}{place + 2}" if across else f"{column_name(place)}{line + 2}"


def write(path, lines, *, across=False, headings=True, retyped=False, slips=()):
    """Write the sheet; `slips` maps (name, line) to a formula that is there instead."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["AI1"], sheet["AJ1"] = ("lr", RATE)
    for name in COLUMNS:
        if headings:
            sheet[cell(name, 0, across)] = name
        for line in range(1, lines + 1):
            content = dict(slips).get((name, line)) or _content(name, line, retyped)
            sheet[cell(name, line, across)] = (
                _with_cells(content, line, across) if isinstance(content, str) else content
            )
    book.save(path)
    return path


def _content(name, line, retyped):
    if name in GIVEN:
        return GIVEN[name] if line == 1 or retyped else f"{name}@before"
    if name in WEIGHTS:
        before = f"{name}@before-$AJ$1*dE/d{name}@before"
        return WEIGHTS[name] if line == 1 else before
    return (FORWARD | GRADIENTS)[name]


def _with_cells(text, line, across):
    for name in sorted(COLUMNS, key=len, reverse=True):
        text = text.replace(f"{name}@before", f"<{COLUMNS.index(name)},{line - 1}>")
    for name in sorted(COLUMNS, key=len, reverse=True):
        text = text.replace(name, f"<{COLUMNS.index(name)},{line}>")
    for place, name in enumerate(COLUMNS):
        for at in (line, line - 1):
            text = text.replace(f"<{place},{at}>", cell(name, at, across))
    return f"={text}"
