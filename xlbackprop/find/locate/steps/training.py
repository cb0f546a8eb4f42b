"""The training steps of a page, for a spec that has none: how many, the rate, whose samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xlbackprop.equation import Kind
from xlbackprop.find.locate.page.page import Page, key_of
from xlbackprop.find.locate.proposal import Proposal, ProposedTraining
from xlbackprop.find.locate.steps.told import Told, ToldSteps
from xlbackprop.formula.places import Places


def with_training(proposal: Proposal, told: Told, page: Page) -> Proposal:
    """Return the proposal with the [training] that the page has and its spec has not."""
    steps = told.steps
    if proposal.network.spec.training is not None or steps is None or len(told.rates) != 1:
        return proposal
    rate = float(page.numbers_at(np.array([*told.rates]))[0])
    has_own = any(
        _differs(one.places, steps, page)
        for one in proposal.tensors
        if proposal.network.tensors[one.name].kind is Kind.GIVEN
    )
    return replace(proposal, training=ProposedTraining(steps.count, rate, has_own_data=has_own))


def _differs(places: Places, steps: ToldSteps, page: Page) -> bool:
    """Whether a given is another one in some later step; where nothing stands, it is the same."""
    flat = (places.sheet.ravel(), places.rows.ravel(), places.columns.ravel())
    first = np.array(
        [
            key_of(page.sheets.index(places.sheets[sheet]), row, column)
            for sheet, row, column in zip(*(one.tolist() for one in flat), strict=True)
        ]
    )
    later = first + steps.step * np.arange(1, steps.count)[:, None]
    numbers, own = page.numbers_at(later), page.numbers_at(first)
    return bool((np.isfinite(numbers) & (numbers != own)).any())
