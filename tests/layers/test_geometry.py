"""The geometry of windows: the numbers that it states, and layers that only read it."""

from dataclasses import FrozenInstanceError, replace
from itertools import product

import numpy as np
import pytest

from xlbackprop.contract.scope import Scope
from xlbackprop.layers import LAYERS
from xlbackprop.layers.common.convolution.filter_layer import FilterLayer
from xlbackprop.layers.common.windows import planes
from xlbackprop.layers.common.windows.geometry import Geometry, Placement
from xlbackprop.layers.common.windows.planes import correlated, filtered, placed, taken_out, windows

ALL = [
    Geometry((height, 5), (kernel, 2), (stride, 1), (padding, 0), (dilation, 2))
    for height, kernel, stride, padding, dilation in product(
        (3, 4, 7), (1, 2, 3), (1, 2, 3), (0, 1, 3), (1, 2)
    )
    if dilation * (kernel - 1) < height + 2 * padding
]


def starts(geometry, axis):
    """Return where windows start that lie within the padded input, found one by one."""
    padded = geometry.input_size[axis] + 2 * geometry.padding[axis]
    last_entry = geometry.dilation[axis] * (geometry.kernel[axis] - 1)
    every = range(0, padded, geometry.stride[axis])
    return [start for start in every if start + last_entry < padded]


@pytest.mark.parametrize("axis", [0, 1], ids=["rows", "columns"])
def test_sizes_are_those_of_windows_laid_one_by_one(axis):
    for geometry in ALL:
        found = starts(geometry, axis)
        assert geometry.output_size[axis] == len(found)
        assert geometry.spread_size[axis] == found[-1] + 1
        entries = range(geometry.kernel[axis])
        reached = {geometry.dilation[axis] * entry for entry in entries}
        assert geometry.dilated_kernel[axis] == max(reached) + 1
        # A window of the full convolution for each entry of the padded input.
        windows = geometry.full_size[axis] - geometry.dilated_kernel[axis] + 1
        assert windows == geometry.padded_size[axis]


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_padding_same_leaves_as_many_windows_as_the_stride_fits_in(stride):
    for size, kernel, dilation in product((1, 4, 7), (1, 2, 3), (1, 2)):
        both = [(one, one) for one in (size, kernel, stride)]
        geometry = Geometry.padded_by(*both, "same", (dilation, dilation))
        assert geometry.output_size[0] == -(-size // stride)
        assert 0 <= geometry.after[0] - geometry.padding[0] <= 1


def test_sides_have_paddings_of_their_own():
    geometry = Geometry.padded_by((4, 5), (2, 2), (1, 1), ((1, 2), (0, 3)))
    assert (geometry.padding, geometry.after) == ((1, 0), (2, 3))
    assert geometry.padded_size == (7, 8)


def test_windows_are_rounded_up_where_the_last_one_sees_an_entry():
    for size, rounded in ((5, (3, 1)), (6, (3, 0)), (4, (2, 0))):
        geometry = Geometry.padded_by((size, 1), (2, 1), (2, 1), (0, 0), ceil_mode=True)
        assert (geometry.output_size[0], geometry.overhang[0]) == rounded
    # A window that began in the padding after the input would see nothing.
    geometry = Geometry.padded_by((3, 1), (2, 1), (2, 1), (1, 0), ceil_mode=True)
    assert (geometry.output_size[0], geometry.overhang[0]) == (2, 0)


def test_one_window_hides_the_stride():
    assert not Geometry((3, 3), (3, 3), (2, 2)).has_gaps
    assert Geometry((5, 3), (3, 3), (2, 2)).has_gaps
    assert not Geometry((5, 5), (3, 3)).has_gaps


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_transposed_convolution_is_the_way_back_of_a_convolution(stride):
    for size, kernel, padding, extra in product((1, 2, 5), (1, 2, 3), (0, 1), range(stride)):
        rows = (size - 1) * stride - 2 * padding + kernel + extra  # as PyTorch documents it
        if rows < 1:
            continue
        both = [(one, one) for one in (size, kernel, stride, padding, extra)]
        geometry = Geometry.of_transposed(*both)
        assert geometry.input_size == (rows, rows)
        assert geometry.output_size == (size, size)


def test_what_is_placed_in_zeros_can_be_taken_out():
    x = np.arange(1.0, 13).reshape(2, 2, 3)
    placement = Placement((7, 9), (1, 2), (3, 2))
    zeros = placed(x, placement)
    assert zeros.shape == (2, 7, 9)
    assert zeros.sum() == x.sum()
    assert zeros[1, 1 + 3 * 1, 2 + 2 * 2] == x[1, 1, 2]
    np.testing.assert_array_equal(taken_out(zeros, placement, (2, 3)), x)


def test_what_overhangs_is_cut_off():
    np.testing.assert_array_equal(
        placed(np.ones((2, 2)), Placement((2, 2), (1, 1))), [[0, 0], [0, 1]]
    )


def test_geometry_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Geometry((3, 3), (2, 2)).kernel = (1, 1)


@pytest.mark.parametrize(("together", "most"), [(60_000, 4_000_000), (200, 4_000_000), (200, 10)])
def test_sums_over_windows_are_those_of_an_einsum(monkeypatch, together, most):
    """Copied at once, a few rows at a time, and where a single row would be too much to copy."""
    monkeypatch.setattr(planes, "_TOGETHER", together)
    monkeypatch.setattr(planes, "_MOST", most)
    random = np.random.default_rng(0)
    x, f = random.normal(size=(2, 3, 4, 9, 8)), random.normal(size=(3, 5, 4, 3, 2))
    every = windows(x, (3, 2), (2, 1))
    z = filtered(every, f)
    np.testing.assert_allclose(z, np.einsum("ngcijab,gkcab->ngkij", every, f), 1e-12, 1e-12)
    sliding = windows(x, (7, 7))
    z = random.normal(size=(2, 3, 5, 7, 7))
    expected = np.einsum("ngcabij,ngkij->gkcab", sliding, z)
    np.testing.assert_allclose(correlated(sliding, z), expected, 1e-12, 1e-12)


@pytest.mark.parametrize("kind", ["conv2d", "conv_transpose2d"])
def test_steps_can_be_made_in_any_order(monkeypatch, kind):
    """Nothing that one step makes is kept for another: the last may be asked for first."""
    made = []

    def keep(layer, **given):
        made.append(layer)
        return layer_equations(layer, **given)

    layer_equations = FilterLayer.layer_equations
    monkeypatch.setattr(FilterLayer, "layer_equations", keep)
    options = LAYERS[kind].cls(filters=2, kernel=(2, 3), stride=(2, 1), padding=(1, 0))
    forwards = options.equations(Scope("layer"), (2, 5, 5))
    (layer,) = made
    fresh = replace(layer)
    backwards = [
        *fresh.gradient_of_h(), *fresh.gradient_of_w(), *fresh.output(),
        *fresh.spread.equations, *fresh.rotated.equations, *fresh.padded.equations,
    ]  # fmt: skip
    texts = {one.target: one.math.text for one in (*forwards.forward, *forwards.backward)}
    assert len(backwards) == len(texts) - 1  # of b, which needs nothing
    assert all(texts[equation.target] == equation.math.text for equation in backwards)
