"""Which cells are right, which are wrong, and which are wrong only because an earlier cell is.

Each equation is evaluated with whole arrays on several versions of its sources (see `versions`).
A cell is right where it matches what follows from the true or the accepted ones, and carried
where it matches what follows from one of the user's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.equation.indices import indices
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import Review
from xlbackprop.judge.verify.noise import Noise
from xlbackprop.judge.verify.tensor import TensorJudge
from xlbackprop.judge.verify.versions import (
    Versions,
    as_numbers,
    computed_versions,
    same_versions,
    versions_of,
)
from xlbackprop.network import Network
from xlbackprop.progress import each
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found


def verify(
    network: Network,
    found: Mapping[str, Found],
    chosen: Mapping[str, Array] = MappingProxyType({}),
) -> Review:
    """Return a review with a judgement of each computed tensor, and of givens without a number.

    A tensor that is not found is not judged: it is computed from those that are, or, where it is
    a given, has the numbers in `chosen`.
    """
    judgements: dict[str, Judgement] = {}
    versions: dict[str, Versions] = {}
    for tensor in network.inputs:
        if tensor.name not in found:
            versions[tensor.name] = same_versions(chosen[tensor.name])
            continue
        judgement = _judge_input(found[tensor.name])
        versions[tensor.name] = versions_of(judgement)
        if (judgement.statuses != int(Status.RIGHT)).any():
            judgements[tensor.name] = judgement
    noise = Noise(network, {tensor.name: versions[tensor.name].true for tensor in network.inputs})
    for equation in each("judging", network.equations):
        name = equation.target.name
        if name not in found:
            versions[name] = computed_versions(equation, versions)
            continue
        judge = TensorJudge(network, equation, found[name], versions, noise)
        judgements[name] = judge.judgement()
        versions[name] = versions_of(judgements[name])
    return Review(network, found, judgements, chosen)


def _judge_input(found: Found) -> Judgement:
    is_blank = (found.states == int(State.BLANK)) | found.is_blank
    others = np.where(is_blank, np.int8(Status.BLANK), np.int8(Status.INVALID))
    allowed = found.tensor.domain.allows(found.numbers)
    statuses = np.where(allowed, np.int8(Status.RIGHT), others)
    known = np.where(statuses == int(Status.RIGHT), found.numbers, np.nan)
    # A number typed as text is known all the same: what does not rest on it stays judged.
    for index in indices(found.states == int(State.TEXT)):
        number = np.asarray(as_numbers(found, index)[0])
        known[index] = number if found.tensor.domain.allows(number).all() else np.nan
    nowhere = np.zeros(found.numbers.shape, dtype=np.bool_)
    return Judgement(found, statuses, known, known, nowhere, nowhere)
