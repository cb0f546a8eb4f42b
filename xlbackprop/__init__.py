"""Neural networks as spreadsheets: with their gradients, and with a check of yours.

import xlbackprop

xlbackprop.build("conv5x5x2", "mine.xlsx", blank=["dL_dw", "dL_dh"])
report = xlbackprop.check("mine.xlsx")
report.verdict, report.counts
report.to_frame()
"""

from importlib.metadata import PackageNotFoundError, version

from xlbackprop.builder import build
from xlbackprop.checker import check, review_workbook
from xlbackprop.errors import MapError, OutputError, SpecError, WorkbookError, XlbackpropError
from xlbackprop.hints import Hints
from xlbackprop.inspection import BlockPlace, Inspection, TensorPlace, inspect
from xlbackprop.locate import LeftOut, LocatedTensor, Proposal, guess, locate
from xlbackprop.mapping import Map, Placement, load_map, parse_map
from xlbackprop.network import Network, build_network
from xlbackprop.report import CellResult, Report, TensorResult
from xlbackprop.review import Review
from xlbackprop.spec import Spec, parse_spec
from xlbackprop.templates import load_spec, template_names

try:
    __version__ = version("xlbackprop")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "0+unknown"

__all__ = [
    "BlockPlace",
    "CellResult",
    "Hints",
    "Inspection",
    "LeftOut",
    "LocatedTensor",
    "Map",
    "MapError",
    "Network",
    "OutputError",
    "Placement",
    "Proposal",
    "Report",
    "Review",
    "Spec",
    "SpecError",
    "TensorPlace",
    "TensorResult",
    "WorkbookError",
    "XlbackpropError",
    "__version__",
    "build",
    "build_network",
    "check",
    "guess",
    "inspect",
    "load_map",
    "load_spec",
    "locate",
    "parse_map",
    "parse_spec",
    "review_workbook",
    "template_names",
]
