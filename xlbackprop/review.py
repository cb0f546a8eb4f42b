"""All that is known of a workbook once it has been judged: what reports are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xlbackprop.network import Network
from xlbackprop.verify import Judgement
from xlbackprop.workbook.found import Found


@dataclass(frozen=True)
class Review:
    """A judged workbook: its network, its tensors as they were found, and the judgements."""

    workbook: str
    network: Network
    found: Mapping[str, Found]
    judgements: Mapping[str, Judgement]
    notes: tuple[str, ...] = ()  # on the workbook as a whole, a sentence each
