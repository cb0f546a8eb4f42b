"""A matrix turned, as a block of its own: SUMPRODUCT wants its ranges to lie alike."""

from __future__ import annotations

from xlbackprop.contract.layer import Scope
from xlbackprop.equation import Equation, Kind, Math, Place, Slip, Tensor
from xlbackprop.formula.grid import Addresses


def transposed(scope: Scope, w: Tensor) -> Equation:
    """Return the equation of `<w>_transposed`, of shape (…, columns, rows), below the matrix w.

    The axes before the last two number planes, each of which is turned by itself.
    """
    *lead, rows, columns = w.axes
    n = "".join(f"{letter}," for letter in lead)
    name = f"{w.short}_transposed"
    turned = scope.tensor(
        name,
        (*w.shape[:-2], *w.shape[:-3:-1]),
        "".join([*lead, columns, rows]),
        Kind.HELPER,
        f"{w.short}, rows for columns",
        place=Place.BELOW,
        belongs_to=w,
    )
    return Equation(
        turned,
        {"w": w},
        compute=lambda w: w.swapaxes(-1, -2),
        formula=_turned,
        math=Math(f"{name}[{n}{columns},{rows}] = {w.short}[{n}{rows},{columns}]"),
        slips=(
            Slip(
                f"{w.short} not transposed",
                f"Write each row of {w.short} as a column: entry [{n}{columns},{rows}] here is"
                f" {w.short}[{n}{rows},{columns}].",
                lambda w: w,
            ),
        ),
    )


def _turned(at: Addresses, *index: int) -> str:
    *lead, column, row = index
    if at.w.is_row:
        return at.w[*lead, row, column]
    if ":" not in at.w[*lead]:  # IronCalc makes an error of the INDEX of a single cell
        return at.w[*lead]
    here = at.here[*lead, column, row]
    own_row = f"COLUMNS({at.here[*lead, column, 0].fixed_column}:{here})"
    own_column = f"ROWS({at.here[*lead, 0, row].fixed_row}:{here})"
    return f"INDEX({at.w[*lead].fixed},{own_row},{own_column})"
