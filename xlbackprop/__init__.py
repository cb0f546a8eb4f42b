"""Neural networks as spreadsheets: with their gradients, and with a check of yours.

import xlbackprop

xlbackprop.build("conv5x5x2", "mine.xlsx", blank=["dL_dw", "dL_dh"])
report = xlbackprop.check("mine.xlsx")
report.verdict, report.counts
report.to_frame()
"""

from importlib.metadata import PackageNotFoundError, version

from xlbackprop.builder import build
from xlbackprop.derivation import equations
from xlbackprop.errors import (
    CellError,
    EngineError,
    MapError,
    OutputError,
    SpecError,
    WorkbookError,
    XlbackpropError,
)
from xlbackprop.explainer import Explanation, Term, Upstream, explain
from xlbackprop.find.inspection import BlockPlace, Inspection, TensorPlace, inspect
from xlbackprop.find.locate import LeftOut, LocatedTensor, Proposal, guess, locate
from xlbackprop.find.mapping import Map, Placement, load_map, parse_map
from xlbackprop.judge.checker import review_workbook
from xlbackprop.judge.review import Review
from xlbackprop.network import Network, build_network
from xlbackprop.report.annotation import annotate
from xlbackprop.report.checker import check
from xlbackprop.report.hints import Hints
from xlbackprop.report.html import html_report
from xlbackprop.report.report import CellResult, Report, TensorResult, make_report
from xlbackprop.report.table import csv_report
from xlbackprop.spec import Spec, parse_spec
from xlbackprop.spec.templates import load_spec, template_names
from xlbackprop.workbook.engine.engine import Limits

try:
    __version__ = version("xlbackprop")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "0+unknown"

__all__ = [
    "BlockPlace",
    "CellError",
    "CellResult",
    "EngineError",
    "Explanation",
    "Hints",
    "Inspection",
    "LeftOut",
    "Limits",
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
    "Term",
    "Upstream",
    "WorkbookError",
    "XlbackpropError",
    "__version__",
    "annotate",
    "build",
    "build_network",
    "check",
    "csv_report",
    "equations",
    "explain",
    "guess",
    "html_report",
    "inspect",
    "load_map",
    "load_spec",
    "locate",
    "make_report",
    "parse_map",
    "parse_spec",
    "review_workbook",
    "template_names",
]
