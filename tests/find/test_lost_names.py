"""Names that a program has lost: the blocks are found where they were built, then by locate."""

import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

import xlbackprop
from tests.support.filling import fill, patch, places_by_index
from xlbackprop.errors import WorkbookError
from xlbackprop.layout import heading_text, lay_out
from xlbackprop.network.values import choose_values
from xlbackprop.workbook.builder import contents_of
from xlbackprop.workbook.write.write import write_workbook

CASES = Path(__file__).parents[1] / "support" / "data" / "cases" / "names-with-underscores"
BOOK = "xl/workbook.xml"
GONE = "the names of 38 blocks are gone: found where they were built"
PLANTED = ("conv1.dL_dw", (2, 0, 1, 1))


@pytest.fixture
def book(tmp_path):
    return xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")


def without_names(xml):
    return re.sub(rb"<definedName [^>]*>[^<]*</definedName>", b"", xml)


def with_underscores(xml):
    return re.sub(rb'name="([^"]*)"', lambda m: m[0].replace(b".", b"_"), xml)


def of_one_sheet(xml):
    return re.sub(rb'<definedName (name="[^"]*")>', rb'<definedName \1 localSheetId="1">', xml)


def in_capitals(xml):
    return re.sub(rb'definedName name="([^"]*)"', lambda m: m[0][:18] + m[0][18:].upper(), xml)


LOST = {
    "dropped": (without_names, (GONE,)),
    "underscores": (with_underscores, ()),
    "of-one-sheet": (of_one_sheet, ()),
    "in-capitals": (in_capitals, ()),
}


@pytest.mark.parametrize("way", LOST)
def test_page_whose_names_are_lost_is_judged(way, book):
    change, notes = LOST[way]
    fill(book, {PLANTED: 77.0})
    expected = [(c.sheet, c.cell, c.status) for c in xlbackprop.check(book).cells]
    patch(book, {BOOK: change})
    for options in ({}, {"spec": "conv5x5x2"}):
        report = xlbackprop.check(book, **options)
        assert [(c.sheet, c.cell, c.status) for c in report.cells] == expected
        assert report.notes[: len(notes)] == notes
    tensors = {tensor.name for tensor in xlbackprop.inspect(book).tensors}
    assert len(tensors) == 11


def test_single_name_that_is_gone_is_said(book):
    one = rb'<definedName name="conv1.out.0">[^<]*</definedName>'
    patch(book, {BOOK: lambda xml: re.sub(one, b"", xml)})
    report = xlbackprop.check(book)
    assert (report.verdict, report.notes) == (
        "right",
        ("the name of 1 block is gone: found where it was built",),
    )


def test_moved_page_without_names_is_located(book):
    """Three columns were inserted: nothing stands where it was built."""
    loaded = openpyxl.load_workbook(book, data_only=True)
    page = loaded["conv1"]
    page.move_range(page.dimensions, cols=3)
    for name in list(loaded.defined_names):
        del loaded.defined_names[name]
    loaded.save(book)
    report = xlbackprop.check(book)
    assert report.verdict == "right"
    assert any(note.startswith("the tensors were located") for note in report.notes)


def test_block_that_was_moved_is_not_taken_from_where_it_was_built(book):
    """The names of all blocks are gone, and a row was put into the page: never judged askew."""
    loaded = openpyxl.load_workbook(book)
    loaded["conv1"].insert_rows(30)
    for name in list(loaded.defined_names):
        del loaded.defined_names[name]
    loaded.save(book)
    with pytest.raises(WorkbookError, match=r"is gone, by which .* freshly built workbook"):
        xlbackprop.check(book)


def test_indices_that_a_person_has_written_over_do_not_matter(book):
    loaded = openpyxl.load_workbook(book)
    page = loaded["conv1"]
    _, address = places_by_index(book)[("conv1.out", (0, 0, 0))]
    cell = page[address].offset(0, -1)
    assert cell.value == 0
    cell.value = "mine"
    for name in list(loaded.defined_names):
        del loaded.defined_names[name]
    loaded.save(book)
    assert xlbackprop.check(book).notes == (GONE,)


@pytest.mark.libreoffice
@pytest.mark.parametrize("name", ["saved-by-libreoffice.xls", "saved-by-sheetjs.xls"])
def test_old_excel_file_of_another_program_is_right(name):
    report = xlbackprop.check(CASES / name)
    assert (report.verdict, report.counts) == ("right", {"right": 336})


def test_page_with_the_titles_of_earlier_versions_is_found_where_it_was_built(book):
    spec = xlbackprop.load_spec("conv5x5x2")
    (sheet,) = lay_out(xlbackprop.build_network(spec)).sheets
    pages = openpyxl.load_workbook(book)
    with_chain = [heading for heading in sheet.headings if heading.chain]
    assert with_chain
    for heading in with_chain:
        cell = pages["conv1"].cell(heading.row + 1, heading.column + 1)
        assert cell.value == heading.text
        cell.value = heading_text(heading.tensor)
    pages.save(book)
    patch(book, {BOOK: without_names})
    assert GONE in xlbackprop.check(book).notes


@pytest.mark.parametrize(("name", "right"), [("attention", 499), ("gru", 247)])
def test_wide_page_of_earlier_versions_is_found_where_it_was_built(name, right, tmp_path):
    """What was too wide stood side by side, and not yet on shelves."""
    network = xlbackprop.build_network(xlbackprop.load_spec(name))
    contents = contents_of(network, choose_values(network), frozenset())
    beside = replace(contents, layout=lay_out(network, shelves=False))
    assert beside.layout.blocks != contents.layout.blocks
    book = tmp_path / "book.xlsx"
    book.write_bytes(write_workbook(beside))
    patch(book, {BOOK: without_names})
    report = xlbackprop.check(book)
    assert (report.verdict, report.counts) == ("right", {"right": right})


@pytest.mark.slow
def test_pages_that_belong_together_are_found_without_names_and_description(tmp_path):
    """Each has numbers enough for all givens, and little follows from them on a page alone."""
    whole = openpyxl.load_workbook(xlbackprop.build("mlp-2-2-2", tmp_path / "built.xlsx"))
    del whole["_xlbackprop"]
    whole.defined_names.clear()
    for sheet in whole:
        sheet.defined_names.clear()
    whole.save(tmp_path / "own.xlsx")
    report = xlbackprop.check(tmp_path / "own.xlsx", spec="mlp-2-2-2")
    assert report.verdict == "right"
    assert report.counts["right"] >= 54
    whole["dense2"]["K25"] = 7.0
    whole.save(tmp_path / "own.xlsx")
    wrong = [c for c in xlbackprop.check(tmp_path / "own.xlsx", spec="mlp-2-2-2").cells
             if c.status == "wrong"]  # fmt: skip
    assert [(c.sheet, c.cell) for c in wrong] == [("dense2", "K25")]
