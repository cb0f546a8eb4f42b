"""A spec's workbook recalculated by an engine of others, and what its inputs show."""

import numpy as np

import xlbackprop
from tests.support.oracles import engine, workbook


def recalculated(spec, path):
    """Build a spec and return its network, and its tensors in their shapes by IronCalc."""
    xlbackprop.build(spec, path)
    network = xlbackprop.build_network(spec)
    arrays = engine.recalculated_arrays(path, workbook.places(path))
    return network, {
        name: array.reshape(network.tensors[name].shape) for name, array in arrays.items()
    }


def shown_inputs(network, arrays):
    """Return the numbers of the network's inputs, by their names in the spec."""
    found = {}
    for layer in network.layers:
        for source, port in zip(layer.sources, layer.equations.inputs, strict=True):
            if source.layer in network.spec.sizes_of_inputs:
                found.setdefault(source.layer, np.asarray(arrays[port.tensor.name]))
    return found
