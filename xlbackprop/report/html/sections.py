"""The drawn tensors in sections: a layer each, or a sheet each where no network is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from xlbackprop.equation import Tensor
from xlbackprop.judge.review import Review
from xlbackprop.layout import SheetContent, sheet_contents
from xlbackprop.layout.images import is_seen
from xlbackprop.network import Network
from xlbackprop.report.html.as_it_stands import Sheet, draw_sheets
from xlbackprop.report.html.legend import SIGNS
from xlbackprop.report.html.selection import common_limit
from xlbackprop.report.html.tensors import DrawnTensor, Entry, describe, draw
from xlbackprop.report.report import Report

# A page with more cells than these opens slowly; the template `digit` fits.
MOST_CELLS = 36_000
MOST_TENSORS = 800


@dataclass(frozen=True)
class Band:
    """One pass of a layer, and what is drawn of it."""

    title: str
    tensors: tuple[DrawnTensor, ...]


@dataclass(frozen=True)
class Section:
    """One layer, as the workbook has a sheet for it, or a sheet as it stands."""

    name: str
    title: str
    about: str
    counts: Mapping[str, int]
    bands: tuple[Band, ...]
    sheet: Sheet | None = None


@dataclass(frozen=True)
class Drawing:
    """All sections, and the tensors by name that are drawn in them."""

    sections: tuple[Section, ...]
    tensors: Mapping[str, DrawnTensor]

    @property
    def has_images(self) -> bool:
        """Whether some numbers are shown in colours."""
        return any(table.is_coloured for one in self.tensors.values() for table in one.tables)


def draw_page(review: Review, report: Report | None) -> Drawing:
    """Draw the tensors, those in which something is not right first where there are too many.

    Without a report nothing is judged, and everything may be told.
    """
    urgent = sorted(_entries(review, report), key=_is_all_right)[:MOST_TENSORS]
    if review.network is None:
        return _as_they_stand(urgent)
    limit = common_limit([entry.tensor.size for entry in urgent], MOST_CELLS)
    drawn = {entry.tensor.name: draw(entry, limit) for entry in urgent}
    sections = (*_layers(review.network, drawn), *_beside(review.network, drawn))
    return Drawing(sections, drawn)


def in_order(all_counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums of counts by status, in the order in which a page has them."""
    total: dict[str, int] = {}
    for counts in all_counts:
        for status, number in counts.items():
            total[status] = total.get(status, 0) + number
    return {status: total[status] for status in SIGNS if status in total}


def _entries(review: Review, report: Report | None) -> list[Entry]:
    results = {result.name: result for result in report.tensors} if report else {}
    network = review.network

    def entry(number: int, name: str, tensor: Tensor) -> Entry:
        result = results.get(name)
        rule = review.rule(name) if network else review.own_rules.get(name)
        return Entry(
            number,
            tensor,
            rule if report is None or (result and result.rule) else None,
            review.found.get(name),
            review.judgements.get(name),
            result,
            network is not None and is_seen(tensor, network),
        )

    return [entry(number, *one) for number, one in enumerate(review.tensors.items())]


def _is_all_right(entry: Entry) -> bool:
    return entry.result is None or set(entry.result.counts) == {"right"}


def _as_they_stand(entries: list[Entry]) -> Drawing:
    in_places = sorted(entries, key=lambda entry: entry.number)
    sheets, drawn = draw_sheets(in_places, MOST_CELLS)
    tensors = {
        entry.tensor.name: describe(entry, tuple(drawn.get(entry.tensor.name, ())))
        for entry in in_places
    }
    by_number = {tensor.number: tensor for tensor in tensors.values()}
    sections = []
    for sheet in sheets:
        own = tuple(by_number[number] for number in sheet.numbers)
        counts = in_order(tensor.counts for tensor in own)
        sections.append(Section(sheet.name, sheet.name, "", counts, (Band("", own),), sheet))
    return Drawing(tuple(sections), tensors)


def _layers(network: Network, drawn: Mapping[str, DrawnTensor]) -> Iterator[Section]:
    for sheet in sheet_contents(network):
        bands = tuple(_bands(sheet, drawn))
        if bands:
            counts = in_order(tensor.counts for band in bands for tensor in band.tensors)
            yield Section(sheet.name, sheet.title, sheet.about, counts, bands)


def _beside(network: Network, drawn: Mapping[str, DrawnTensor]) -> Iterator[Section]:
    """Yield a section of what was judged and is none of the network's tensors."""
    own = tuple(tensor for name, tensor in drawn.items() if name not in network.tensors)
    if own:
        counts = in_order(tensor.counts for tensor in own)
        yield Section("more", "Beside the network's tensors", "", counts, (Band("", own),))


def _bands(sheet: SheetContent, drawn: Mapping[str, DrawnTensor]) -> Iterator[Band]:
    for title, tensors in sheet.bands:
        present = tuple(drawn[tensor.name] for tensor in tensors if tensor.name in drawn)
        if present:
            yield Band(title, present)
