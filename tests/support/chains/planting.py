"""Where a slip is planted: in the formulas of a tensor that may have it."""

from __future__ import annotations

from tests.support.chains.formulas import Planted
from tests.support.chains.plan import NOT_UPDATED, ROWS
from tests.support.peoples_sheets import slips

IN_UPDATES = (slips.RATE, slips.OTHER_GRADIENT, slips.PLUS, NOT_UPDATED)
_OF_DERIVATIVE = (slips.ANOTHER_UNIT, slips.NO_DERIVATIVE, slips.OF_NET)


class NoPlaceError(Exception):
    """A slip has no place in a sheet."""


def planted(formulas, plan, rng, slip):
    if not slip:
        return None
    names = _names_for(formulas, plan, slip)
    if not names:
        raise NoPlaceError
    name = names[rng.integers(len(names))]
    shape = formulas.page.shape(name)
    index = tuple(int(rng.integers(end)) for end in shape)
    is_whole = slip == slips.RATE or rng.integers(2)
    return Planted(slip, name, None if is_whole else index)


def _names_for(formulas, plan, slip):
    """Return the tensors whose formulas may have a slip."""
    layers, deltas = range(1, len(plan.dense) + 1), formulas.delta_name
    shapes = formulas.page.shapes
    gradients = [name for name in shapes if name.endswith(".dL_dw")]

    def carried_by(*names):
        """Return the first that has cells of its own: where it is written out otherwise."""
        return next((name for name in names if name in shapes), None)

    if slip in IN_UPDATES:
        return _updates(shapes, plan, slip)
    if slip in (slips.SIGN, slips.ONE_ROW, slips.OTHER_INPUT, slips.FACTOR):
        wide = [name for name in gradients if shapes[name][-1] > 1 or slip != slips.OTHER_INPUT]
        more = [deltas(at) for at in layers if deltas(at) in shapes and slip == slips.FACTOR]
        return wide + more
    if slip in (slips.TIMES, slips.SWAPPED):
        last = len(plan.dense)
        act = plan.of_dense[-1]
        return [carried_by(f"{act}.dL_dout", deltas(last), f"{plan.dense[-1]}.dL_dw")]
    if slip in _OF_DERIVATIVE:
        found = [
            carried_by(deltas(at), f"{plan.dense[at - 1]}.dL_dw")
            for at in layers
            if _may_have(slip, plan.activations[at - 1], plan.sizes[at])
        ]
        front = [f"{plan.conv_activation}1.dL_dh"] * plan.is_conv
        is_plain = slip == slips.NO_DERIVATIVE or plan.conv_activation != "relu"
        return found + (front if is_plain and slip != slips.ANOTHER_UNIT else [])
    return _in_received(formulas, plan, slip, carried_by)


def _may_have(slip, activation, units):
    if not activation:
        return False
    if slip == slips.OF_NET:
        return activation != "relu"
    return slip != slips.ANOTHER_UNIT or units > 1


def _in_received(formulas, plan, slip, carried_by):
    """Return the tensors in which what comes back through weights is summed."""
    found = []
    for at in range(2, len(plan.dense) + 1):
        inputs, units = plan.sizes[at - 1 : at + 1]
        is_possible = units > 1 if slip == slips.ONE_PATH else inputs == units > 1
        if is_possible:
            names = f"dense{at}.dL_dh", formulas.delta_name(at - 1), f"dense{at - 1}.dL_dw"
            found.append(carried_by(*names))
    if plan.is_conv:
        if slip == slips.TRANSPOSED:
            return ["conv1.dL_dh"] * ("conv1.dL_dh" in formulas.page.shapes)
        names = "dense1.dL_dh", f"{plan.of_pool}.dL_dh", f"{plan.conv_activation}1.dL_dh"
        found += [carried_by(*names)] * (plan.sizes[1] > 1)
    return found


def _updates(shapes, plan, slip):
    if plan.arrangement == ROWS:
        names = [name for name in shapes if name.endswith((".w", ".b"))] * (plan.steps > 2)
    else:
        names = [name for name in shapes if name.endswith("_new")]
    wide = slip in (slips.OTHER_GRADIENT, slips.RATE) and plan.arrangement != ROWS
    is_moved = wide or slip == slips.OTHER_GRADIENT
    return [name for name in names if shapes[name][-1] > 1 or not is_moved]
