"""The slips that people make, by name."""

ANOTHER_UNIT = "derivative of another unit"
NO_DERIVATIVE = "derivative missing"
ONE_PATH = "only one path summed"
TIMES = "times for minus"
SIGN = "sign"
ONE_ROW = "one row too high"
RATE = "rate without $"
OTHER_INPUT = "other input"
TRANSPOSED = "transposed"
FACTOR = "factor 2 or half"
OTHER_GRADIENT = "update not from its gradient"
PLUS = "update with +"
OF_NET = "derivative from net"
SWAPPED = "target and output swapped"
WRONG_WEIGHTS = "forward: wrong weights"
NO_ACTIVATION = "forward: activation forgotten"

IN_UPDATES = (RATE, OTHER_GRADIENT, PLUS)
IN_FORWARD = (WRONG_WEIGHTS, NO_ACTIVATION)
SLIPS = (
    ANOTHER_UNIT, NO_DERIVATIVE, ONE_PATH, TIMES, SIGN, ONE_ROW, RATE, OTHER_INPUT, TRANSPOSED,
    FACTOR, OTHER_GRADIENT, PLUS, OF_NET, SWAPPED, WRONG_WEIGHTS, NO_ACTIVATION,
)  # fmt: skip
