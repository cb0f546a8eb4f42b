"""The walk: at each step the blocks up to it, and no others, show numbers; its own is framed."""

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import ironcalc
import numpy as np
import openpyxl
import pytest
from openpyxl.utils import range_boundaries

import xlbackprop
from tests.support.filling import arrays_of, fill, places_by_index
from tests.support.marked_copies import audit, marked_copy
from tests.support.oracles import libreoffice
from tests.support.oracles.needs import require
from tests.support.oracles.workbook import places
from tests.support.templates import TEMPLATES
from xlbackprop.errors import SpecError

QUICK = ["conv5x5x2", "mlp-2-2-2"]
LARGE = ("digit", "lenet5")  # whose pages are not evaluated, but for the counter's copies
COUNTER_ROW = 4
LABEL = "walk, step"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RULE = re.compile(rb'<conditionalFormatting sqref="([^"]*)">(<cfRule)(.*?)</conditionalFormatting>')
OWN = re.compile(rb'dxfId="([0-9]+)"[^>]*><formula>\$A\$3(&lt;|=)([0-9]+)</formula>')


def walk(name, folder):
    return xlbackprop.build(name, folder / f"{name}-walk.xlsx", walk=True)


def counter_of(path):
    """Return the column of the counter on the Overview."""
    book = openpyxl.load_workbook(path, read_only=True)
    (row,) = book["Overview"].iter_rows(COUNTER_ROW, COUNTER_ROW)
    (label,) = (cell.column for cell in row if cell.value == LABEL)
    book.close()
    return label + 1


class Walked:
    """A workbook's walk in IronCalc, and the rules of its pages."""

    def __init__(self, path):
        self.path, self.model = path, ironcalc.load_from_xlsx(str(self._light(path)))
        names = [one["name"] for one in self.model.get_worksheets_properties()]
        self.numbers = {name: number for number, name in enumerate(names)}
        self.counter = counter_of(path)
        self.network = xlbackprop.build_network(xlbackprop.load_spec(path.stem[: -len("-walk")]))
        self.steps = [one.target.name for one in self.network.equations]

    @staticmethod
    def _light(path):
        """Return the workbook, or where it is large a copy with the counter's copies only."""
        if path.stem[: -len("-walk")] not in LARGE:
            return path
        copy, cells = path.with_name("light.xlsx"), re.compile(rb"<sheetData>.*</sheetData>", re.S)
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as light:
            for name in archive.namelist():
                text = archive.read(name)
                row = re.search(rb'<row r="3".*?</row>', text, re.S)
                if "worksheets/sheet" in name and b"Overview!" in text and row:
                    text = cells.sub(lambda _, own=row[0]: b"<sheetData>%s</sheetData>" % own, text)
                light.writestr(name, text)
        return copy

    def turn(self, step):
        """Type a number into the counter."""
        self.model.set_user_input(self.numbers["Overview"], COUNTER_ROW, self.counter, str(step))
        self.model.evaluate()

    def at(self, sheet, row, column):
        return self.model.get_cell_value(self.numbers[sheet], row, column)

    def rules(self):
        """Return what hides and what frames each tensor: signs and steps, one for each block.

        A rule of the walk is for whole blocks, and nothing else.
        """
        found = {
            (sheet, one): own
            for sheet, areas in rules_of(self.path).items()
            for area, own in areas.items()
            for one in area.split()
        }
        blocks = {
            one.name: [(block.sheet, block.range) for block in one.blocks]
            for one in xlbackprop.inspect(self.path).tensors
        }
        assert set(found) <= {block for own in blocks.values() for block in own}
        return {
            name: {(block[0], tuple(found.get(block, ()))) for block in own}
            for name, own in blocks.items()
        }

    def shown(self, rules):
        """Return the tensors of which all cells show their numbers, and those that are framed."""
        visible, framed = set(), set()
        for tensor, said in rules.items():
            states = {
                (
                    not any(s == "<" and self.at(sheet, 3, 1) < k for s, k in own),
                    any(s == "=" and self.at(sheet, 3, 1) == k for s, k in own),
                )
                for sheet, own in said
            }
            ((is_visible, is_framed),) = states  # the same in all blocks
            visible |= {tensor} if is_visible else set()
            framed |= {tensor} if is_framed else set()
        return visible, framed


def rules_of(path):
    """Return, by sheet and area, signs and steps of the rules that hide ("<") or frame ("=")."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        styles = ElementTree.fromstring(archive.read("xl/styles.xml")).findall(f"{MAIN}dxfs/*")
        names = re.findall(rb'<sheet name="([^"]*)"', archive.read("xl/workbook.xml"))
        for number, name in enumerate(names, start=1):
            for area, rule, text in RULE.findall(archive.read(f"xl/worksheets/sheet{number}.xml")):
                said = [
                    (sign.decode().replace("&lt;", "<"), int(step))
                    for style, sign, step in OWN.findall(rule + text)
                    if is_of_blocks(sign, styles[int(style)])
                ]
                if said:
                    found.setdefault(name.decode(), {})[area.decode()] = said
    return found


def is_of_blocks(sign, style):
    """Return whether a style hides or frames; a title is filled."""
    if sign == b"=":
        return style.find(f"{MAIN}border") is not None
    assert style.find(f"{MAIN}numFmt").get("formatCode") == ";;;"
    return True


def assert_walk_is_right(walked, steps):
    rules, given = walked.rules(), {tensor.name for tensor in walked.network.inputs}
    for step in steps:
        walked.turn(step)
        visible, framed = walked.shown(rules)
        assert visible == given | set(walked.steps[:step]), step
        assert framed == set(walked.steps[step - 1 : step] if step else []), step


@pytest.mark.many(quick=QUICK)
@pytest.mark.parametrize("name", [one for one in TEMPLATES if "rs-" not in one])
def test_each_step_shows_the_blocks_up_to_it_and_frames_its_own(name, tmp_path):
    walked = Walked(walk(name, tmp_path))
    last = len(walked.steps)
    few = (0, 1, last // 2, last, last + 1)
    assert_walk_is_right(walked, range(last + 2) if last < 60 and name not in LARGE else few)


@pytest.mark.parametrize("wrong", [b"$A$3&lt;4", b"$A$3&gt;5"], ids=["other-step", "other-sign"])
def test_wrong_rule_is_noticed(wrong, tmp_path):
    path = walk("mlp-2-2-2", tmp_path)
    walked = Walked(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    changed = {name: text.replace(b"$A$3&lt;5", wrong) for name, text in parts.items()}
    assert changed != parts
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in changed.items():
            archive.writestr(name, text)
    with pytest.raises(AssertionError):
        assert_walk_is_right(walked, range(8))


def test_colours_come_with_the_numbers(tmp_path):
    walked = Walked(walk("conv5x5x2", tmp_path))
    sheet = openpyxl.load_workbook(walked.path)["conv1"]
    scales = [
        (rule.colorScale.cfvo, range_boundaries(str(area.sqref).split()[0]))
        for area in sheet.conditional_formatting
        for rule in area.rules
        if rule.type == "colorScale"
    ]
    step_of = {
        range_boundaries_of(blocks[0]): walked.steps.index(name) + 1 if name in walked.steps else 0
        for name, blocks in places(walked.path).items()
    }
    assert any(step_of[place] for _, place in scales)
    for stops, place in scales:
        for step in {max(0, step_of[place] - 1), step_of[place]}:
            walked.turn(step)
            low, middle, high = (evaluated(walked, "conv1", stop.val) for stop in stops)
            assert middle == 0
            assert low == -high
            assert (high > 1e200) == (step < step_of[place])


def range_boundaries_of(block):
    return tuple(block[2])


def evaluated(walked, sheet, formula):
    walked.model.set_user_input(walked.numbers[sheet], 300, 60, f"={formula}")
    walked.model.evaluate()
    return walked.at(sheet, 300, 60)


def test_overview_says_what_is_computed_and_what_to_type(tmp_path):
    walked = Walked(walk("conv5x5x2", tmp_path))
    said = {}
    for step in (0, 1, 4, 8, 9, -1):
        walked.turn(step)
        said[step] = walked.at("Overview", COUNTER_ROW + 1, walked.counter)
        if 0 <= step <= 8:
            listed = walked.at("the walk", 6 + step, 2), walked.at("the walk", 6 + step, 3)
            assert listed == (step, said[step].partition(":")[0])
    assert said[0].startswith("start: ")
    assert said[1] == "conv1.out: out[k,i,j] = Σ(c,a,b) h[c,i+a,j+b] · w[k,c,a,b] + b[k]"
    assert said[4].startswith("conv1.dL_dw: ")
    assert said[8].startswith("end: ")
    assert said[9] == said[-1] == "type a whole number from 0 to 8"
    sheet = openpyxl.load_workbook(walked.path)["Overview"]
    (hidden,) = (rule for area in sheet.conditional_formatting for rule in area.rules)
    assert hidden.formula == ["$C$4<2"]  # L on the Overview
    assert hidden.dxf.numFmt.formatCode == ";;;"
    (rule,) = sheet.data_validations.dataValidation
    assert (rule.type, rule.formula1, rule.formula2) == ("whole", "0", "8")


def test_page_is_checked_proved_explained_and_marked_like_any_other(tmp_path):
    path = walk("conv5x5x2", tmp_path)
    plain = xlbackprop.build("conv5x5x2", tmp_path / "plain.xlsx")
    assert xlbackprop.check(path, prove=1).verdict == "right"
    assert xlbackprop.inspect(path) == xlbackprop.inspect(plain)
    told = [xlbackprop.explain(one, "conv1.dL_dh[0,0,0]") for one in (path, plain)]
    assert replace(told[0], workbook="") == replace(told[1], workbook="")
    fill(path, {("conv1.dL_dh", (0, 0, 0)): 99})
    report = xlbackprop.check(path)
    assert report.verdict == "wrong"
    assert not audit(marked_copy(path))


@pytest.mark.slow
def test_tensors_are_located_where_the_names_are_gone(tmp_path):
    path = walk("conv5x5x2", tmp_path)
    found = xlbackprop.locate(without_names(path), "conv5x5x2")
    assert found.is_complete
    assert not found.left_out


def without_names(path):
    """Return a copy that says nothing of where its tensors are."""
    book = openpyxl.load_workbook(path)
    book.remove(book["_xlbackprop"])
    book.defined_names.clear()
    copy = path.with_name(f"unnamed-{path.name}")
    book.save(copy)
    return copy


def test_cells_are_those_of_the_page_without_a_walk(tmp_path):
    walked, plain = walk("mlp-2-2-2", tmp_path), xlbackprop.build("mlp-2-2-2", tmp_path / "p.xlsx")
    books = [openpyxl.load_workbook(path) for path in (plain, walked)]
    assert [*books[0].sheetnames[:-1], "the walk", "_xlbackprop"] == books[1].sheetnames
    for sheet, address in places_by_index(plain).values():
        one, other = (book[sheet][address] for book in books)
        assert one.value == other.value
        assert one.number_format == other.number_format


def test_walk_over_cells_to_fill_in_is_refused(tmp_path):
    with pytest.raises(SpecError, match="walk: it would hide"):
        xlbackprop.build("mlp-2-2-2", tmp_path / "p.xlsx", walk=True, blank=["dL_dw"])
    assert not list(tmp_path.iterdir())


# What LibreOffice shows.

TURN = """
sheet = document.Sheets.getByName("Overview")
for step in {steps}:
    if step is not None:
        sheet.getCellByPosition({column}, {row}).Value = step
    document.calculateAll()
    to_pdf = PropertyValue("FilterName", 0, "calc_pdf_Export", 0)
    document.storeToURL("file://{folder}/%s-%s.pdf" % ("{name}", step), (to_pdf,))
"""


def print_steps(path, steps, folder):
    """Print a workbook with the counter at each of the steps: None leaves it."""
    column = counter_of(path) - 1 if steps != [None] else 0
    places = {"column": column, "row": COUNTER_ROW - 1, "steps": steps, "folder": folder}
    libreoffice.edit(path, TURN.format(**places, name=path.stem), folder)
    return [folder / f"{path.stem}-{step}.pdf" for step in steps]


def words_of(pdf):
    require("libreoffice", shutil.which("pdftotext") is not None, "pdftotext (poppler-utils)")
    text = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True)
    return set(text.stdout.split())


def words_by_tensor(path):
    """Return the numbers as printed of each tensor, those that no other has."""
    book, arrays = openpyxl.load_workbook(path), arrays_of(path)
    found = {}
    for (name, index), (sheet, address) in places_by_index(path).items():
        decimals = len(book[sheet][address].number_format.split(";")[0].partition(".")[2])
        number = float(arrays[name][index])
        if abs(number) > 10 or (decimals > 2 and abs(number) > 0.001):  # no index, and no digit
            found.setdefault(name, set()).add(f"{number:.{decimals}f}")
    words = {
        name: own - set().union(*(other for n, other in found.items() if n != name))
        for name, own in found.items()
    }
    return {name: own for name, own in words.items() if own}


def assert_printed_up_to(step, printed, words, steps):
    """Assert that of all tensors the numbers are on the page, or none, as it is their turn."""
    for name, own in words.items():
        is_due = name not in steps[step:]
        assert own <= printed if is_due else not own & printed, (step, name)


def pixels(pdf, page):
    command = ["pdftoppm", "-r", "50", "-f", str(page), "-l", str(page), str(pdf)]
    content = subprocess.run(command, check=True, capture_output=True).stdout
    _, size, _, picture = content.split(b"\n", 3)
    width, height = map(int, size.split())
    return np.frombuffer(picture, np.uint8).reshape(height, width, 3).astype(int)


@pytest.mark.libreoffice
def test_libreoffice_prints_the_numbers_up_to_the_step_and_at_the_end_the_ordinary_page(tmp_path):
    path, plain = walk("conv5x5x2", tmp_path), xlbackprop.build("conv5x5x2", tmp_path / "p.xlsx")
    steps = Walked(path).steps
    words = words_by_tensor(path)
    assert {"conv1.h", "conv1.out", "conv1.dL_dw"} <= set(words)
    end = len(steps) + 1
    turned = [0, 1, 4, end]
    prints = print_steps(path, turned, tmp_path)
    for step, pdf in zip(turned, prints, strict=True):
        assert_printed_up_to(step, words_of(pdf), words, steps)
    (ordinary,) = print_steps(plain, [None], tmp_path)
    at_end, at_start, plain = (pixels(one, 2) for one in (prints[-1], prints[0], ordinary))
    foot = len(at_end) * 9 // 10  # "page 2 of 5"; "step 8 of 7" stands on the page after
    assert (at_end == plain)[:foot].all()
    # What is coloured at the start: the input, above the middle.
    lower = at_start[len(at_start) // 2 :]
    assert (np.ptp(lower, axis=2) > 40).sum() < 200 < (np.ptp(at_end, axis=2) > 40).sum()


@pytest.mark.libreoffice
@pytest.mark.parametrize("name", ["rnn", "residual-block", "attention"])
def test_libreoffice_prints_the_numbers_up_to_each_of_some_steps(name, tmp_path):
    path = walk(name, tmp_path)
    words, steps = words_by_tensor(path), Walked(path).steps
    assert len(words) >= 15
    turned = [0, len(steps) // 3, 2 * len(steps) // 3]
    for step, pdf in zip(turned, print_steps(path, turned, tmp_path), strict=True):
        assert_printed_up_to(step, words_of(pdf), words, steps)
    with pytest.raises(AssertionError, match="0"):  # it is noticed where a block shows too early
        assert_printed_up_to(0, words_of(pdf), words, steps)
