"""Where other programs differ from Excel's rules: what of a difference says that it is such a one.

The rules are those of Excel's documentation (support.microsoft.com, the page of the function, or
what is named here); each is kept by the program.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from tests.support.formula_pages import is_error


class Difference(NamedTuple):
    """A known difference: the rule, and whether a formula with two values is a case of it."""

    rule: str
    explains: Callable[[str, object, object], bool]


def in_formula(pattern):
    compiled = re.compile(pattern)
    return lambda formula, ours, theirs: compiled.search(formula) is not None  # noqa: ARG005


def _digits(formula, ours, theirs):
    if not ("&" in formula and isinstance(ours, str) and isinstance(theirs, str)):
        return False
    return len(theirs) > len(ours) and theirs[:8] == ours[:8]


def _error_in_conditions(formula, ours, theirs):  # noqa: ARG001
    is_caught = "IFERROR(" in formula
    return (is_caught or is_error(ours)) and re.search(r"\b(AND|OR)\(", formula) is not None


def _overflow(formula, ours, theirs):  # noqa: ARG001
    is_passed_over = "COUNT(" in formula or "IFERROR(" in formula
    grows = re.search(r"\^|EXP\(|POWER\(|SINH\(|COSH\(", formula)
    return (is_passed_over or ours == "#NUM!") and grows is not None


def _gives_cell(formula):
    return re.search(r"\b(INDEX|IF|CHOOSE)\(", formula) is not None


def _sums_choice_of_logical(formula):
    return re.search(
        r"\b(SUM|COUNT|MAX|MIN|AVERAGE)\(.*\b(IF|INDEX|CHOOSE)\(.*[C-D]\$?[345]", formula
    )


def _digits_of_normal(formula, ours, theirs):
    """Return whether all that differs is what comes after the tenth digit, of one or the other."""
    if "NORMSDIST(" not in formula or not (isinstance(ours, float) and isinstance(theirs, float)):
        return False
    return abs(ours - theirs) <= 1e-9 * max(abs(ours), abs(theirs))


def _not_implemented(formula, ours, theirs):  # noqa: ARG001
    return theirs == "#N/IMPL!" or ("CHOOSE(" in formula and "COUNT(" in formula)


def _error_times_text(formula, ours, theirs):  # noqa: ARG001
    return ours == "#VALUE!" and re.search(r"SUMPRODUCT\(\(?[A-Z0-9:]*[-+*]", formula) is not None


def _text_as_number(formula, ours, theirs):  # noqa: ARG001
    return is_error(theirs) and re.search(r"C\$?3\b|\"5\"|D\$?5|:D4", formula) is not None


IRONCALC = (
    Difference(
        "Excel calculates with 15 digits, so & gives 15 of them (Numeric precision in Excel,"
        " KB 78113). IronCalc writes out 17.",
        _digits,
    ),
    Difference(
        "AND and OR are an error where an argument is one (AND function). IronCalc stops at the"
        " first argument that decides.",
        _error_in_conditions,
    ),
    Difference(
        "A number above 1.79769313486232E+308 is #NUM! (Excel specifications and limits). IronCalc"
        " goes on with infinity, or gives #DIV/0!.",
        _overflow,
    ),
    Difference(
        "Logical values that are arguments themselves are counted (VAR.S, SUMSQ function). IronCalc"
        " passes them over.",
        in_formula(r"(VAR|STDEV|SUMSQ).*([<>=]|AND\(|OR\(|NOT\(|TRUE|FALSE)"),
    ),
    Difference(
        "Texts, logical values and empty cells are ignored, and different numbers of values give"
        " #N/A (SUMXMY2 function). IronCalc takes them for 0, and gives #VALUE!.",
        in_formula(r"SUMXMY2"),
    ),
    Difference(
        "An argument that is left out counts as 0 (IF function). In IronCalc it is what a blank"
        " cell is.",
        in_formula(r"IF\(.*,[,)]"),
    ),
    Difference(
        "INDEX, IF and CHOOSE give a cell as such, and a text or a logical value in a cell is"
        " passed over (INDEX function, SUM function). IronCalc takes it for an argument.",
        lambda formula, _, theirs: (
            _gives_cell(formula) and (theirs == "#VALUE!" or _sums_choice_of_logical(formula))
        ),
    ),
    Difference(
        "The standard normal distribution (NORMSDIST function) has 15 digits as all numbers have."
        " IronCalc approximates it to 10.",
        _digits_of_normal,
    ),
    Difference("IronCalc has not implemented functions of what CHOOSE gives.", _not_implemented),
    Difference(
        "A sign binds to what stands in the parentheses. IronCalc loses parentheses behind a sign"
        " when it reads a file.",
        in_formula(r"-\(\(?\(.*\^"),
    ),
)

LIBREOFFICE = (
    Difference(
        "0 to the power of 0 is #NUM! (a rule of Excel's; IronCalc's, too). LibreOffice gives 1.",
        lambda formula, ours, _: ours == "#NUM!" and ("^" in formula or "POWER(" in formula),
    ),
    Difference(
        "Numbers below 2.2250738585072E-308 are 0 (Excel specifications and limits). To LibreOffice"
        " a power that small is an error.",
        lambda formula, _, theirs: (
            (is_error(theirs) or "IFERROR(" in formula) and ("^" in formula or "POWER(" in formula)
        ),
    ),
    Difference(
        "Texts and empty cells are ignored (SUMXMY2 function). LibreOffice takes empty cells for"
        " 0, and texts for an error.",
        in_formula(r"SUMXMY2"),
    ),
    Difference(
        "Numbers that are written as texts count where they are arguments or operands (SUM"
        " function). LibreOffice takes some of them for errors.",
        _text_as_number,
    ),
    Difference(
        "A text in arithmetic is #VALUE!, in an array as well. LibreOffice passes over the product"
        " of such an error and a text.",
        _error_times_text,
    ),
    Difference(
        "Numbers have 15 digits (Numeric precision in Excel, KB 78113): of a large one, taken for"
        " an angle, few are left behind the point. LibreOffice gives an error for the largest.",
        in_formula(r"\b(SIN|COS)\(.*(B\$?7|EXP\(|SINH\(|COSH\(|\^)"),
    ),
    Difference(
        "A text is no condition, but for TRUE and FALSE (IF function). LibreOffice takes one that"
        " is written as a number for that number.",
        lambda formula, ours, _: (
            ours == "#VALUE!" and re.search(r'\bIF\((\$?C\$?3|"5"),', formula) is not None
        ),
    ),
    Difference(
        "A text that is itself an argument is an error (VAR function), also where it is what"
        " IFERROR gives. LibreOffice passes over it, as in a cell.",
        lambda formula, ours, _: (
            ours == "#VALUE!" and re.search(r"IFERROR\(.*,\$?[BD]\$?[35]\)", formula) is not None
        ),
    ),
    Difference(
        "A blank cell that is turned with others is 0 (TRANSPOSE function). LibreOffice takes it"
        " for a text.",
        lambda formula, _, theirs: is_error(theirs) and "TRANSPOSE(A6" in formula,
    ),
    Difference(
        "The remainder is n - d*INT(n/d) (MOD function), to the last digit. LibreOffice rounds.",
        in_formula(r"MOD\("),
    ),
    Difference(
        "A number that is rounded to more digits than it has stays what it is (ROUND function)."
        " LibreOffice takes more than 20 digits for an error.",
        lambda formula, _, theirs: is_error(theirs) and "ROUND(" in formula,
    ),
)


def unexplained(table, formula, ours, theirs):
    """Return whether no known difference explains why two programs differ."""
    return not any(one.explains(formula, ours, theirs) for one in table)
