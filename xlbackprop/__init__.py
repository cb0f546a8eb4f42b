"""Neural networks as spreadsheets: with their gradients, and with a check of yours.

import xlbackprop

xlbackprop.build("conv5x5x2", "mine.xlsx", blank=["dL_dw", "dL_dh"])
report = xlbackprop.check("mine.xlsx")
report.verdict, report.counts
report.to_frame()

What is named here is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what a type checker sees of the names below
    from xlbackprop.classroom.assignments.handouts import Assigned, assign
    from xlbackprop.classroom.grade import Grading, grade, grade_each
    from xlbackprop.classroom.hand_on import HandedOn, gradebook
    from xlbackprop.classroom.marking.grades import Graded, GradeOptions, Grades
    from xlbackprop.derivation import equations
    from xlbackprop.errors import (
        AssignmentError,
        CellError,
        ContractError,
        EngineError,
        MapError,
        ModelError,
        OutputError,
        SizeError,
        SpecError,
        WorkbookError,
        XlbackpropError,
    )
    from xlbackprop.explainer import Explanation, Term, Upstream, explain
    from xlbackprop.find.inspection import BlockPlace, Inspection, TensorPlace, inspect
    from xlbackprop.find.locate import (
        LeftOut,
        LocatedTensor,
        OwnProposal,
        Proposal,
        locate,
        locate_gradients,
    )
    from xlbackprop.find.locate.guessing.guess import guess
    from xlbackprop.find.mapping import Map, Placement, load_map, parse_map
    from xlbackprop.judge.checker import review_workbook
    from xlbackprop.judge.gradcheck import Checked, gradcheck
    from xlbackprop.judge.options import CheckOptions
    from xlbackprop.judge.review import Review
    from xlbackprop.models.files import import_model
    from xlbackprop.models.graph.imported import Imported
    from xlbackprop.models.pytorch.convert import from_torch
    from xlbackprop.models.pytorch.loading import load_into
    from xlbackprop.models.summary import LayerSummary, Summary, describe
    from xlbackprop.models.weights import export, weights
    from xlbackprop.network import Network, build_network
    from xlbackprop.report.annotation import annotate
    from xlbackprop.report.causes import Cause
    from xlbackprop.report.cell_result import CellResult
    from xlbackprop.report.checker import check
    from xlbackprop.report.from_review import make_report
    from xlbackprop.report.hints import Hints
    from xlbackprop.report.html import html_report
    from xlbackprop.report.pictures import picture
    from xlbackprop.report.report import Report, TensorResult, Yours
    from xlbackprop.report.table import csv_report
    from xlbackprop.report.view import view
    from xlbackprop.spec import Spec, parse_spec
    from xlbackprop.spec.templates import load_spec, template_names
    from xlbackprop.workbook.builder import build
    from xlbackprop.workbook.engine.settings import Limits

__version__ = "0.1.0"

__all__ = [
    "Assigned",
    "AssignmentError",
    "BlockPlace",
    "Cause",
    "CellError",
    "CellResult",
    "CheckOptions",
    "Checked",
    "ContractError",
    "EngineError",
    "Explanation",
    "GradeOptions",
    "Graded",
    "Grades",
    "Grading",
    "HandedOn",
    "Hints",
    "Imported",
    "Inspection",
    "LayerSummary",
    "LeftOut",
    "Limits",
    "LocatedTensor",
    "Map",
    "MapError",
    "ModelError",
    "Network",
    "OutputError",
    "OwnProposal",
    "Placement",
    "Proposal",
    "Report",
    "Review",
    "SizeError",
    "Spec",
    "SpecError",
    "Summary",
    "TensorPlace",
    "TensorResult",
    "Term",
    "Upstream",
    "WorkbookError",
    "XlbackpropError",
    "Yours",
    "__version__",
    "annotate",
    "assign",
    "build",
    "build_network",
    "check",
    "csv_report",
    "describe",
    "equations",
    "explain",
    "export",
    "from_torch",
    "gradcheck",
    "grade",
    "grade_each",
    "gradebook",
    "guess",
    "html_report",
    "import_model",
    "inspect",
    "load_into",
    "load_map",
    "load_spec",
    "locate",
    "locate_gradients",
    "make_report",
    "parse_map",
    "parse_spec",
    "picture",
    "review_workbook",
    "template_names",
    "view",
    "weights",
]

# The modules, and the public names that each is the home of.
_NAMES = {
    "classroom.grade": "Grading grade grade_each",
    "classroom.marking.grades": "GradeOptions Graded Grades",
    "classroom.hand_on": "HandedOn gradebook",
    "classroom.assignments.handouts": "Assigned assign",
    "derivation": "equations",
    "errors": (
        "AssignmentError CellError ContractError EngineError MapError ModelError OutputError"
        " SizeError SpecError WorkbookError XlbackpropError"
    ),
    "explainer": "Explanation Term Upstream explain",
    "find.inspection": "BlockPlace Inspection TensorPlace inspect",
    "find.locate": "LeftOut LocatedTensor OwnProposal Proposal guess locate locate_gradients",
    "find.mapping": "Map Placement load_map parse_map",
    "judge.checker": "review_workbook",
    "judge.gradcheck": "Checked gradcheck",
    "judge.options": "CheckOptions",
    "judge.review": "Review",
    "models.files": "import_model",
    "models.graph.imported": "Imported",
    "models.pytorch.convert": "from_torch",
    "models.pytorch.loading": "load_into",
    "models.summary": "LayerSummary Summary describe",
    "models.weights": "export weights",
    "network": "Network build_network",
    "report.annotation": "annotate",
    "report.checker": "check",
    "report.hints": "Hints",
    "report.html": "html_report",
    "report.from_review": "make_report",
    "report.causes": "Cause",
    "report.cell_result": "CellResult",
    "report.pictures": "picture",
    "report.report": "Report TensorResult Yours",
    "report.table": "csv_report",
    "report.view": "view",
    "spec": "Spec parse_spec",
    "spec.templates": "load_spec template_names",
    "workbook.builder": "build",
    "workbook.engine.settings": "Limits",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}

if not TYPE_CHECKING:  # to a type checker, there is nothing but what is imported above

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
