"""The forms of output: a new one is one file, and is on the command line at once."""

import dataclasses
import inspect

import pytest

import xlbackprop
from tests.support.filling import fill
from tests.support.reviewed_workbooks import conv_review
from xlbackprop.__main__ import main
from xlbackprop.errors import OutputError
from xlbackprop.judge.options import CheckKeywords
from xlbackprop.report.outputs import OUTPUTS, Outcome, output, write_outputs


@pytest.fixture
def workbook(tmp_path):
    conv_review(tmp_path)
    return tmp_path / "mine.xlsx"


@pytest.fixture
def markdown():
    """Register a form of output that the program does not come with."""

    @output("markdown", name="list", ending=".md", help="Write the cells as a Markdown list, too.")
    def cell_list(outcome, target):
        cells = [f"- {cell.cell}: {cell.status} ({cell.expected})" for cell in outcome.report.cells]
        head = f"# {outcome.workbook.name}, in {target.name}, as {outcome.hints.word}"
        return "\n".join([head, *cells]).encode()

    yield OUTPUTS["markdown"]
    del OUTPUTS["markdown"]


@pytest.mark.usefixtures("markdown")
def test_new_form_of_output_is_an_option_of_check(workbook, tmp_path, capsys):
    assert main(["check", "-h"]) == 0
    files = capsys.readouterr().out.partition("Output files:")[2]
    assert "--markdown FILE" in files
    assert "Write the cells as a Markdown list, too." in files
    path = tmp_path / "cells.md"
    assert main(["check", str(workbook), "--markdown", str(path)]) == 1
    assert f"\nlist: {path}\n" in capsys.readouterr().out
    assert path.read_text().splitlines() == [
        "# mine.xlsx, in cells.md, as rule",
        "- P32: wrong (None)",
        "- E34: invalid (None)",
        "- S37: blank (None)",
    ]


@pytest.mark.usefixtures("markdown")
def test_new_form_of_output_is_refused_like_the_others(workbook, tmp_path, capsys):
    path = tmp_path / "there.md"
    path.write_text("before")
    assert main(["check", str(workbook), "--markdown", str(path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["check", str(workbook), "--markdown", str(workbook), "--force"]) == 2
    assert "is the workbook itself" in capsys.readouterr().err
    both = str(tmp_path / "both")
    assert main(["check", str(workbook), "--csv", both, "--markdown", both]) == 2
    assert "is named twice" in capsys.readouterr().err


def test_form_that_is_not_registered_is_no_option(workbook, capsys):
    assert main(["check", str(workbook), "--markdown", "cells.md"]) == 2
    assert "No such option" in capsys.readouterr().err


def test_form_of_a_name_that_is_taken_is_refused():
    with pytest.raises(ValueError, match="registered already"):
        output("html", name="page", ending=".html", help="Another page.")(lambda *_: b"")


def test_every_form_says_what_it_is():
    assert {"annotate", "html", "csv"} <= set(OUTPUTS)
    for option, form in OUTPUTS.items():
        assert form.option == option
        assert form.name
        assert form.ending == "" or form.ending.startswith(".")
        assert form.help.endswith(".")


def test_where_one_file_cannot_be_made_none_is_written(workbook, tmp_path):
    review = xlbackprop.review_workbook(workbook)
    report = xlbackprop.make_report(review)
    outcome = Outcome(workbook, review, report, xlbackprop.Hints.ANSWER)
    page, copy = tmp_path / "mine.html", tmp_path / "marked.ods"
    with pytest.raises(OutputError, match=r"must end in \.xlsx"):
        write_outputs(outcome, {"html": page, "annotate": copy})
    assert not page.exists()
    write_outputs(outcome, {"html": page, "annotate": copy.with_suffix(".xlsx")})
    assert page.read_bytes() == xlbackprop.html_report(review, xlbackprop.Hints.ANSWER).encode()
    assert xlbackprop.check(copy.with_suffix(".xlsx")).counts == report.counts


# The options of a check.


def test_keywords_of_check_are_the_fields_of_its_options():
    fields = {field.name: field.type for field in dataclasses.fields(xlbackprop.CheckOptions)}
    assert list(fields)[:6] == ["spec", "map", "engine", "limits", "prove", "formulas"]
    annotations = inspect.get_annotations(CheckKeywords)
    assert {name: kind.__forward_arg__ for name, kind in annotations.items()} == fields


@pytest.mark.parametrize("function", ["check", "review_workbook"])
def test_options_of_a_check_are_taken_whole_or_by_keyword(function, workbook):
    fill(workbook, {("conv1.dL_db", (1,)): 1.54})
    call = getattr(xlbackprop, function)
    options = xlbackprop.CheckOptions(engine="none", formulas=True)
    whole, by_keyword = call(workbook, options), call(workbook, engine="none", formulas=True)
    both = call(workbook, xlbackprop.CheckOptions(engine="none"), formulas=True)
    if function == "review_workbook":
        whole, by_keyword, both = map(xlbackprop.make_report, (whole, by_keyword, both))
    assert whole == by_keyword == both
    assert whole.counts["typed"] == 1
    assert "typed" not in xlbackprop.check(workbook).counts
    with pytest.raises(TypeError, match="proof"):
        call(workbook, proof=3)


def test_options_of_a_check_cannot_be_changed_in_place():
    options = xlbackprop.CheckOptions()
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.prove = 3
    assert options.with_changes(prove=3) == xlbackprop.CheckOptions(prove=3)
