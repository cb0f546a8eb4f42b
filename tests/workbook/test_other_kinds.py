"""Workbooks of other kinds: .ods, .xls and .csv through LibreOffice, .xlsm as it is."""

import zipfile

import numpy as np
import pytest

import xlbackprop
from tests.support.handmade import build
from tests.support.oracles.libreoffice import require_libreoffice, save_as
from xlbackprop.find.mapping import parse_map
from xlbackprop.workbook.engine import libreoffice
from xlbackprop.workbook.engine.settings import Limits

# The networks and layouts of the foreign workbooks that are saved as other kinds.
SAVED = [("conv5x5x2", "side-by-side"), ("mlp-2-2-2", "three-sheets")]
PLANTED = ("conv1.dL_dw", (2, 0, 1, 1))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Foreign workbooks, one with a planted mistake, and one of this program's, as other kinds."""
    folder = tmp_path_factory.mktemp("kinds")
    books = {layout: build(network, layout, folder) for network, layout in SAVED}
    (folder / "planted").mkdir()
    planted = build(*SAVED[0], folder / "planted", {PLANTED: lambda text: f"-({text})"})
    books["planted"] = planted
    paths = {name: book.path for name, book in books.items()}
    paths["planted"] = planted.path.rename(folder / "planted.xlsx")
    paths["own"] = xlbackprop.build("conv5x5x2", folder / "own.xlsx")
    kinds = {
        kind: dict(zip(paths, save_as(kind, list(paths.values()), folder), strict=True))
        for kind in ("ods", "xls")
    }
    return kinds, {name: parse_map(book.map) for name, book in books.items()}


@pytest.fixture
def no_libreoffice(monkeypatch):
    monkeypatch.setattr(libreoffice.shutil, "which", lambda _: None)


def in_one_line(error):
    return str(error.value).splitlines() == [str(error.value)]


@pytest.mark.libreoffice
@pytest.mark.parametrize("layout", [layout for _, layout in SAVED])
@pytest.mark.parametrize("kind", ["ods", "xls"])
def test_foreign_workbook_of_another_kind_is_right_with_its_map(kind, layout, saved):
    kinds, maps = saved
    report = xlbackprop.check(kinds[kind][layout], map=maps[layout])
    assert (report.verdict, report.cells) == ("right", ())
    assert report.counts["right"] == {"side-by-side": 135, "three-sheets": 41}[layout]
    assert report.workbook == str(kinds[kind][layout])


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["ods", "xls"])
def test_planted_mistake_in_another_kind_is_the_only_wrong_cell(kind, saved):
    kinds, maps = saved
    report = xlbackprop.check(kinds[kind]["planted"], map=maps["planted"])
    assert [(cell.tensor, cell.index, cell.status) for cell in report.cells] == [
        (*PLANTED, "wrong")
    ]


@pytest.mark.libreoffice
def test_workbook_of_ours_saved_as_ods_needs_no_map(saved):
    path = saved[0]["ods"]["own"]
    report = xlbackprop.check(path)
    assert (report.verdict, report.counts) == ("right", {"right": 336})
    assert xlbackprop.inspect(path).name == "conv5x5x2"


@pytest.mark.libreoffice
def test_kind_is_told_from_the_first_bytes_and_not_from_the_name(saved, tmp_path):
    path = tmp_path / "renamed.xlsx"
    path.write_bytes(saved[0]["ods"]["own"].read_bytes())
    assert xlbackprop.check(path).verdict == "right"


@pytest.mark.libreoffice
@pytest.mark.parametrize(
    ("separator", "encoding"),
    [
        pytest.param(",", "utf-8", id="commas"),
        pytest.param(";", "cp1252", id="semicolons"),
        pytest.param("\t", "utf-8-sig", id="tabs"),
        pytest.param(";", "utf-16", id="utf-16"),
    ],
)
def test_csv_is_judged_with_a_map(separator, encoding, tmp_path):
    require_libreoffice()
    w, h, b = np.array([[1, 2], [3, -4]]), np.array([0.5, -1.5]), np.array([0.25, 1])
    rows = [["größe", *h], ["w", *w[0]], ["", *w[1]], ["b", *b], ["out", *(w @ h + b)]]
    text = "".join(separator.join(map(str, row)) + "\n" for row in rows)
    (tmp_path / "table.csv").write_bytes(text.encode(encoding))
    placed = "[tensors]\n" + "\n".join(
        f'dense1.{name} = "B{row}:C{last}"'
        for name, row, last in (("h", 1, 1), ("w", 2, 3), ("b", 4, 4), ("out", 5, 5))
    )
    report = xlbackprop.check(tmp_path / "table.csv", spec="mlp-2-2-2", map=parse_map(placed))
    assert (report.verdict, report.counts) == ("right", {"right": 2})


def test_xlsm_is_read_as_it_is(tmp_path):
    book = build("conv5x5x2", "side-by-side", tmp_path)
    path = tmp_path / "macros.xlsm"
    with zipfile.ZipFile(book.path) as source, zipfile.ZipFile(path, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            if part == "[Content_Types].xml":
                content = content.replace(
                    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                    b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                )
            target.writestr(part, content)
        target.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + bytes(2_000))
    assert xlbackprop.check(path, map=parse_map(book.map)).verdict == "right"


@pytest.mark.libreoffice
@pytest.mark.usefixtures("no_libreoffice")
@pytest.mark.parametrize("kind", ["ods", "xls"])
def test_file_that_needs_libreoffice_is_refused_in_one_line_without_it(kind, saved):
    with pytest.raises(xlbackprop.WorkbookError, match=rf"\.{kind}\).*\.xlsx.*not installed") as e:
        xlbackprop.check(saved[0][kind]["own"])
    assert in_one_line(e)


@pytest.mark.libreoffice
def test_conversion_that_takes_too_long_is_ended(saved):
    with pytest.raises(xlbackprop.WorkbookError, match=r"\.ods\).*more than 0.05 seconds"):
        xlbackprop.check(saved[0]["ods"]["own"], limits=Limits(seconds=0.05))


@pytest.mark.libreoffice
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_ods_that_is_cut_short_is_refused_in_one_line(share, saved, tmp_path):
    whole = saved[0]["ods"]["own"].read_bytes()
    (tmp_path / "cut.ods").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(xlbackprop.WorkbookError, match=r"cut\.ods: .*damaged") as e:
        xlbackprop.check(tmp_path / "cut.ods")
    assert in_one_line(e)


def test_ods_that_unpacks_to_too_much_never_reaches_libreoffice(tmp_path, monkeypatch):
    monkeypatch.setattr(libreoffice, "convert", lambda *_: pytest.fail("it was converted"))
    with zipfile.ZipFile(tmp_path / "bomb.ods", "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", bytes(300_000_000), zipfile.ZIP_DEFLATED, 1)
    with pytest.raises(xlbackprop.WorkbookError, match="unpacks to"):
        xlbackprop.check(tmp_path / "bomb.ods")


@pytest.mark.parametrize("name", ["numbers.txt", "numbers.xlsx", "numbers"])
def test_text_by_another_name_never_reaches_libreoffice(name, tmp_path, monkeypatch):
    monkeypatch.setattr(libreoffice, "convert", lambda *_: pytest.fail("it was converted"))
    (tmp_path / name).write_text("1,2\n3,4\n")
    with pytest.raises(xlbackprop.WorkbookError, match="text table"):
        xlbackprop.check(tmp_path / name)
