"""Statuses and kinds as a reader meets them: a sign, a word, a meaning."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from xlbackprop.equation import Kind

SIGNS = {"right": "✓", "wrong": "✗", "invalid": "!", "blank": "○", "typed": "#", "carried": "→"}

STATUS_MEANINGS = {
    "right": "the true value, or what follows from your own right cells",
    "wrong": "the mistake is in this cell",
    "invalid": "no number: a text, an error value, true or false",
    "blank": "nothing there yet",
    "typed": "a number where a formula was asked for",
    "carried": "what your own earlier cells give, but those are wrong: mend them first",
}

KIND_MEANINGS = {
    Kind.GIVEN: "a number you choose: inputs, targets",
    Kind.PARAMETER: "a number the network learns: weights, biases",
    Kind.FORWARD: "computed in the forward pass",
    Kind.BACKWARD: "computed in the backward pass: how L changes with it",
    Kind.HELPER: "only rearranged: zeros around, zeros between, a half turn",
    Kind.LINK: "a copy of cells elsewhere",
    Kind.UPDATE: "computed in the training step",
}

VERDICTS = {
    "right": ("✓", "Everything is right"),
    "wrong": ("✗", "Something is wrong"),
    "incomplete": ("○", "Nothing is wrong so far, but cells are blank"),
}
# What an incomplete verdict says where nothing is blank.
NOT_ALL_JUDGED = "Nothing is wrong so far, but not all of it could be judged"


@dataclass(frozen=True)
class LegendEntry:
    """What a style of cell stands for; the sign is empty where there is none."""

    word: str
    sign: str
    meaning: str
    style: str = ""  # where it is not the word


_SCALE = [
    LegendEntry(
        "negative", "", "in images and large blocks: the stronger, the further below 0", "n8"
    ),
    LegendEntry("positive", "", "the stronger, the further above 0", "p8"),
]


def legend(
    statuses: Collection[str] | None, kinds: Collection[Kind], *, has_images: bool
) -> list[LegendEntry]:
    """Return the entries that a page needs: its statuses, its kinds that have none, its scale.

    Where nothing is judged (None), no kind has a status.
    """
    met = [
        LegendEntry(word, SIGNS[word], meaning)
        for word, meaning in STATUS_MEANINGS.items()
        if word in (statuses or ())
    ]
    chosen = [
        LegendEntry(kind.value, "", meaning)
        for kind, meaning in KIND_MEANINGS.items()
        if kind in kinds and (statuses is None or not kind.is_computed)
    ]
    return met + chosen + _SCALE * has_images
