"""Maps: where the tensors of a network stand in a workbook that somebody else laid out."""

from xlbackprop.find.mapping.chosen import choose_unmapped, needed_for
from xlbackprop.find.mapping.map import Map, Placement, StepDistance
from xlbackprop.find.mapping.placing import places_of, with_conventions
from xlbackprop.find.mapping.reading import load_map, parse_map
from xlbackprop.find.mapping.writing import map_of, ranges_of

__all__ = [
    "Map",
    "Placement",
    "StepDistance",
    "choose_unmapped",
    "load_map",
    "map_of",
    "needed_for",
    "parse_map",
    "places_of",
    "ranges_of",
    "with_conventions",
]
