"""A 2-2-2 network by hand whose layers have one bias each, in a single cell for both units."""

import openpyxl

_CELLS = {
    "A1": "x1", "B1": "x2", "A2": 0.35, "B2": 0.9,
    "A4": "W1", "A5": 0.15, "B5": 0.2, "A6": 0.25, "B6": 0.3, "D4": "b1", "D5": 0.35,
    "F4": "net1", "F5": "=A5*$A$2+B5*$B$2+$D$5", "F6": "=A6*$A$2+B6*$B$2+$D$5",
    "G4": "out1", "G5": "=1/(1+EXP(-F5))", "G6": "=1/(1+EXP(-F6))",
    "A8": "W2", "A9": 0.4, "B9": 0.45, "A10": 0.5, "B10": 0.55, "D8": "b2", "D9": 0.6,
    "F8": "net2", "F9": "=A9*$G$5+B9*$G$6+$D$9", "F10": "=A10*$G$5+B10*$G$6+$D$9",
    "G8": "out2", "G9": "=1/(1+EXP(-F9))", "G10": "=1/(1+EXP(-F10))",
    "I8": "target", "I9": 0.01, "I10": 0.99,
    "K8": "E", "K9": "=0.5*((G9-I9)^2+(G10-I10)^2)",
    "A12": "delta2", "A13": "=(G9-I9)*G9*(1-G9)", "A14": "=(G10-I10)*G10*(1-G10)",
    "C12": "dE/dW2", "C13": "=A13*$G$5", "D13": "=A13*$G$6", "C14": "=A14*$G$5",
    "D14": "=A14*$G$6",
    "F12": "delta1", "F13": "=(A9*A13+A10*A14)*G5*(1-G5)", "F14": "=(B9*A13+B10*A14)*G6*(1-G6)",
    "H12": "dE/dW1", "H13": "=F13*$A$2", "I13": "=F13*$B$2", "H14": "=F14*$A$2",
    "I14": "=F14*$B$2",
}  # fmt: skip


def one_bias(path, **instead):
    """Save the sheet, with other contents in some cells."""
    book = openpyxl.Workbook()
    for cell, content in (_CELLS | instead).items():
        book.active[cell] = content
    book.save(path)
    return path
