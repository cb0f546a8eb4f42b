"""Pages one after the other in one process: what is kept from one serves the same of others."""

import openpyxl
import pytest

import xlbackprop
from xlbackprop.find import subject
from xlbackprop.workbook.read import workbook
from xlbackprop.workbook.read.scan import sheet
from xlbackprop.workbook.read.scan.sheet import scan_sheet


@pytest.fixture
def kept(monkeypatch):
    """Return the networks that are kept, none at first."""
    monkeypatch.setattr(subject, "_LAST", {})
    return subject._LAST


def test_networks_of_a_class_are_built_once_and_its_numbers_are_each_ones_own(
    kept, tmp_path, monkeypatch
):
    built = []

    def build_network(spec, **options):
        built.append(spec.name)
        return xlbackprop.build_network(spec, **options)

    monkeypatch.setattr(subject, "build_network", build_network)
    pages = [
        xlbackprop.build(template, tmp_path / f"{at}.xlsx", seed=at)
        for at, template in enumerate(["mlp-2-2-2", "conv5x5x2", "mlp-2-2-2", "mlp-2-2-2"])
    ]
    book = openpyxl.load_workbook(pages[-1])
    places = {one.name: one for one in xlbackprop.inspect(pages[-1]).tensors}
    block = places["dense1.dL_dw"].blocks[0]
    book[block.sheet][block.range.partition(":")[0]] = 1234
    book.save(pages[-1])
    built.clear()
    kept.clear()
    verdicts = [xlbackprop.check(page).verdict for page in pages[:3]]
    assert verdicts == ["right"] * 3
    assert sorted(built) == ["conv5x5x2", "mlp-2-2-2"]
    assert xlbackprop.check(pages[3]).verdict == "wrong"


def test_few_networks_are_kept_and_no_large_ones(kept, tmp_path, monkeypatch):
    page = xlbackprop.build("mlp-2-2-2", tmp_path / "page.xlsx")
    other = xlbackprop.build_network(xlbackprop.load_spec("mlp-2-2-2"))
    kept |= {f"another {at}": other for at in range(subject._MOST_KEPT)}
    xlbackprop.check(page)
    assert len(kept) == subject._MOST_KEPT
    assert "another 0" not in kept
    kept.clear()
    monkeypatch.setattr(subject, "_FEW_TENSORS", 3)
    xlbackprop.check(page)
    assert not kept


def test_sheets_are_read_alike_whatever_was_read_before(tmp_path, monkeypatch):
    page = xlbackprop.build("conv5x5x2", tmp_path / "page.xlsx", blank=["dL_dh"])
    readers = []

    def scanned(*arguments):
        readers.append("at once")
        return scan_sheet(*arguments)

    monkeypatch.setattr(sheet, "scan_sheet", scanned)
    reports = []
    for bytes_before in (0, 1 << 30):
        monkeypatch.setattr(workbook._Seen, "bytes", bytes_before)
        reports.append(xlbackprop.check(page).to_json())
    assert reports[0] == reports[1]
    assert readers == ["at once"]
