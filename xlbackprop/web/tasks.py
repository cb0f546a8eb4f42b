"""What the page asks for, and what it is answered: the same for both backs.

A task has parameters, the text of a spec and the bytes of a workbook, either of them may be empty.
Nothing here raises for what a user sent: an answer says what is wrong, and names no path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from xlbackprop.errors import SpecError, WorkbookError, XlbackpropError, one_line, suggestion
from xlbackprop.judge.options import CheckOptions
from xlbackprop.report.hints import Hints
from xlbackprop.spec import MAX_SPEC_BYTES, Spec, parse_spec
from xlbackprop.spec.templates import load_spec, template_names
from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from xlbackprop.judge.review import Review
    from xlbackprop.report.report import Report

WORKBOOK = "workbook"
_SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm", ".ods", ".xls", ".csv")
_MARKED_STEM = "marked"
_MARKED = (".xlsx", ".xlsm", ".xltx", ".xltm")
# Nobody reads more terms of a sum than these on a page.
_MOST_TERMS = 200
_LONGEST_MESSAGE = 800


@dataclass(frozen=True)
class Request:
    """What the page asks for; `file` is what the user calls the workbook, and never a path."""

    parameters: Mapping[str, str]
    spec: str = ""
    content: bytes = b""
    limits: Limits = DEFAULT_LIMITS

    @property
    def file(self) -> str:
        """What the workbook is called, on one line, without any folders."""
        name = self.parameters.get("file", "").replace("\\", "/").rpartition("/")[2]
        return one_line(name, 80) or f"{WORKBOOK}.xlsx"

    @property
    def suffix(self) -> str:
        """The workbook's kind by its name; .xlsx for one that is none of a workbook's."""
        own = Path(self.file).suffix.lower()
        return own if own in _SUFFIXES else ".xlsx"


@dataclass(frozen=True)
class Answer:
    """What the page is answered; `page` and `file` are empty where there is none."""

    header: dict[str, Any]
    page: bytes = b""
    file: bytes = b""

    @property
    def is_refusal(self) -> bool:
        """Whether it says why there is nothing else to say."""
        return "error" in self.header


def refused(reason: str) -> Answer:
    """Return the answer that says why a task cannot be carried out."""
    return Answer({"error": one_line(reason, _LONGEST_MESSAGE)})


def carry_out(task: str, request: Request) -> Answer:
    """Return the answer to a task; whatever was sent, nothing is raised."""
    with TemporaryDirectory(prefix="xlbackprop") as folder:
        path = Path(folder, f"{WORKBOOK}{request.suffix}")
        try:
            return TASKS[task](request, path)
        except XlbackpropError as error:
            return refused(_without_paths(error, request, path))
        except MemoryError:
            return refused("it needs more memory than one request may have")
        except Exception as error:  # one bad request must not cost the others
            return refused(f"the program cannot cope with it ({type(error).__name__})")


def _check(request: Request, path: Path) -> Answer:
    from xlbackprop.report.from_review import make_report
    from xlbackprop.report.html import html_report

    hints = _hints(request)
    review = _review(request, path)
    report = make_report(review).told(hints)
    page = html_report(review, hints).encode()
    copy, why_not = _marked_copy(report, path, request)
    header = {
        "file": request.file,
        "verdict": report.verdict,
        "counts": dict(report.counts),
        "explains": review.network is not None,
        "notes": list(report.notes),
        "marked": _stem(request) + "-marked" + path.suffix if copy else "",
        "why_not_marked": why_not,
    }
    return Answer(header, page, copy)


def _review(request: Request, path: Path) -> Review:
    from xlbackprop.judge.checker import review_workbook

    if not request.content:
        raise WorkbookError(f"{request.file} is empty")
    path.write_bytes(request.content)
    options = CheckOptions(spec=_spec(request), limits=request.limits)
    return replace(review_workbook(path, options), workbook=request.file)


def _marked_copy(report: Report, path: Path, request: Request) -> tuple[bytes, str]:
    from xlbackprop.report.annotation import marked_copy

    if path.suffix not in _MARKED:
        return b"", "marks go into .xlsx only"
    try:
        return marked_copy(report, path, path.with_stem(_MARKED_STEM)), ""
    except XlbackpropError as error:
        return b"", _without_paths(error, request, path)


def _without_paths(error: Exception, request: Request, path: Path) -> str:
    """Return what an error says, with the user's own name for the file and no folder of ours."""
    named = str(error).replace(str(path), request.file)
    return one_line(named.replace(f"{path.parent}/", ""), _LONGEST_MESSAGE)


def _explain(request: Request, path: Path) -> Answer:
    from xlbackprop.explainer import explain_in

    told = explain_in(_review(request, path), request.parameters.get("cell", "")[:200])
    own = told.to_dict()
    own["terms"] = own["terms"][:_MOST_TERMS]
    more = len(told.terms) - len(own["terms"])
    said = {"entry": told.entry, "place": told.place, "answer": told.answer, "more": more}
    return Answer({**own, **said, "workbook": request.file})


def _build(request: Request, path: Path) -> Answer:
    from xlbackprop.workbook.builder import build

    spec = _needed_spec(request)
    blank = [name.strip() for name in request.parameters.get("blank", "").split(",")]
    build(
        spec,
        path,
        blank=list(filter(None, blank)),
        practice=request.parameters.get("practice") == "1",
        ladder=request.parameters.get("ladder") == "1",
        walk=request.parameters.get("walk") == "1",
        seed=_seed(request.parameters.get("seed", "")),
    )
    remarks = [f"{remark}." for remark in spec.remarks]
    return Answer({"file": f"{spec.name}.xlsx", "notes": remarks}, file=path.read_bytes())


def _seed(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise SpecError(f"the seed is {one_line(text, 40)!r}: expected a whole number from 0")
    return int(text)


def _equations(request: Request, path: Path) -> Answer:  # noqa: ARG001
    from xlbackprop.derivation import equations

    spec = _needed_spec(request)
    return Answer({"name": spec.name}, equations(spec, "html").encode())


def _describe(request: Request, path: Path) -> Answer:  # noqa: ARG001
    from xlbackprop.network import build_network

    spec = _needed_spec(request)
    network = build_network(spec)
    tensors = [
        {
            "name": tensor.name,
            "shape": list(tensor.shape),
            "kind": str(tensor.kind),
            "about": tensor.about,
            "title": tensor.title,
        }
        for tensor in network.tensors.values()
        if tensor.kind.is_computed
    ]
    remarks = [f"{remark}." for remark in spec.remarks]
    header = {"name": spec.name, "about": spec.about, "tensors": tensors[:_MOST_TERMS]}
    return Answer({**header, "more": max(0, len(tensors) - _MOST_TERMS), "notes": remarks})


def _templates(request: Request, path: Path) -> Answer:  # noqa: ARG001
    return Answer(
        {"templates": [{"name": n, "about": load_spec(n).about} for n in template_names()]}
    )


TASKS: Mapping[str, Callable[[Request, Path], Answer]] = {
    "check": _check,
    "explain": _explain,
    "build": _build,
    "equations": _equations,
    "describe": _describe,
    "templates": _templates,
}


def _needed_spec(request: Request) -> Spec:
    spec = _spec(request)
    if spec is None:
        raise SpecError("no network is named: choose a template, or write a spec")
    return spec


def _spec(request: Request) -> Spec | None:
    """Return the spec that was sent, or the template that was named; None where there is none.

    A stranger's text names no file: there is no folder in which one would be looked for.
    """
    if request.spec:
        if len(request.spec.encode()) > MAX_SPEC_BYTES:
            raise SpecError(f"the spec has more than {MAX_SPEC_BYTES:,} bytes")
        return parse_spec(request.spec.replace("\r\n", "\n").replace("\r", "\n"))
    name = request.parameters.get("template", "")
    if not name:
        return None
    names = template_names()
    if name not in names:
        near = suggestion(one_line(name, 40), names)
        raise SpecError(f"there is no template {one_line(name, 40)!r}{near}")
    return load_spec(name)


def _hints(request: Request) -> Hints:
    word = request.parameters.get("hints", Hints.RULE.word)
    with suppress(KeyError):
        return Hints[word.upper()]
    raise SpecError(f"there is no level of hints {one_line(word, 40)!r}")


def _stem(request: Request) -> str:
    return Path(request.file).stem or WORKBOOK
