"""A matrix turned, as a block of its own: SUMPRODUCT wants its ranges to lie alike."""

from __future__ import annotations

from xlbackprop.contract.layer import Scope
from xlbackprop.equation import Equation, Kind, Math, Place, Slip, Tensor
from xlbackprop.formula.grid import Addresses


def transposed(scope: Scope, w: Tensor) -> Equation:
    """Return the equation of `<w>_transposed`, of shape (columns, rows), below the matrix w."""
    rows, columns = w.axes
    name = f"{w.short}_transposed"
    turned = scope.tensor(
        name,
        w.shape[::-1],
        columns + rows,
        Kind.HELPER,
        f"{w.short}, rows for columns",
        place=Place.BELOW,
        belongs_to=w,
    )
    return Equation(
        turned,
        {"w": w},
        compute=lambda w: w.T,
        formula=_turned,
        math=Math(f"{name}[{columns},{rows}] = {w.short}[{rows},{columns}]"),
        slips=(
            Slip(
                f"{w.short} not transposed",
                f"Write each row of {w.short} as a column: entry [{columns},{rows}] here is"
                f" {w.short}[{rows},{columns}].",
                lambda w: w,
            ),
        ),
    )


def _turned(at: Addresses, column: int, row: int) -> str:
    if ":" not in at.w[()]:  # IronCalc makes an error of the INDEX of a single cell
        return at.w[()]
    here = at.here[column, row]
    own_row = f"COLUMNS({at.here[column, 0].fixed_column}:{here})"
    own_column = f"ROWS({at.here[0, row].fixed_row}:{here})"
    return f"INDEX({at.w[()].fixed},{own_row},{own_column})"
