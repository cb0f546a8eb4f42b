"""All that is known of a workbook once it has been judged: what reports are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xlbackprop.equation import Array
from xlbackprop.judge.diagnose import Diagnosis
from xlbackprop.judge.verify import Judgement
from xlbackprop.network import Network
from xlbackprop.workbook.read.found import Found


@dataclass(frozen=True)
class Review:
    """A judged workbook: what was found in it, what is said of it, and what explains it."""

    workbook: str
    network: Network
    found: Mapping[str, Found]
    judgements: Mapping[str, Judgement]
    diagnoses: Mapping[str, Sequence[Diagnosis]]  # of the tensors with wrong cells
    chosen: Mapping[str, Array] = field(default_factory=dict)  # inputs that the workbook lacks
    notes: tuple[str, ...] = ()  # on the workbook as a whole, a sentence each
