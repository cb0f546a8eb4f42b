"""What a form of output is, which ones there are, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xlbackprop.contract.registry import Registry
from xlbackprop.errors import OutputError, WorkbookError, XlbackpropError
from xlbackprop.progress import tell
from xlbackprop.saving import check_output, save

if TYPE_CHECKING:  # what a help page can do without
    from xlbackprop.judge.review import Review
    from xlbackprop.report.hints import Hints
    from xlbackprop.report.report import Report


@dataclass(frozen=True)
class Outcome:
    """A checked workbook; `report` has no more in it than may be told at the level of hints."""

    workbook: Path
    review: Review
    report: Report
    hints: Hints


Maker = Callable[[Outcome, Path], bytes]


@dataclass(frozen=True)
class Output:
    """A form of output: the words for it, and what makes a file's content.

    `make` gets the outcome and the path of the file that is to be; it raises OutputError where a
    file of that name cannot be made, and WorkbookError where the workbook does not allow one. An
    empty `ending` is that of the checked workbook.
    """

    option: str  # "html": --html on the command line
    name: str  # what it is called once it is there
    ending: str  # ".html"
    help: str
    make: Maker


OUTPUTS: Registry[Output] = Registry("an output")


def output(option: str, *, name: str, ending: str, help: str) -> Callable[[Maker], Maker]:  # noqa: A002
    """Register a function as what makes the files of a form of output."""

    def register(make: Maker) -> Maker:
        form = Output(option, name, ending, help, make)
        OUTPUTS.add(option, form, module=make.__module__)
        return make

    return register


def write_outputs(
    outcome: Outcome, paths: Mapping[str, Path], *, force: bool = False
) -> dict[str, XlbackpropError]:
    """Write the outcome to files, each in the form of its key in OUTPUTS.

    Returns, by its key, what went wrong with those that could not be: a WorkbookError where the
    workbook does not allow one, an OutputError where the disk is full or there can be no such
    folder. Raises OutputError, before any is written, where one exists already (unless `force`)
    or cannot be made under its name.
    """
    contents, left_out = dict[str, bytes](), dict[str, XlbackpropError]()
    for option, path in paths.items():
        form = OUTPUTS[option]
        tell(f"writing the {form.name}")
        try:
            contents[option] = form.make(outcome, path)
        except WorkbookError as error:
            left_out[option] = WorkbookError(f"the {form.name} could not be made: {error}")
    for option in contents:
        check_output(paths[option], force=force)
    for option, content in contents.items():
        try:
            save(paths[option], content, force=force)
        except OutputError as error:
            left_out[option] = error
    return left_out
