"""What a workbook says of itself, tampered with."""

import os
import re
from math import isqrt

import pytest

import xlbackprop
from tests.support.hostile_workbooks import (
    BOOK,
    HIDDEN,
    PAGE,
    SPEC,
    repeated,
    spec_sheet,
    swapped,
    write,
    xlsx_column,
)
from tests.support.watched_program import assert_bounded, assert_refused, call, run
from xlbackprop.network import MAX_CELLS
from xlbackprop.workbook.description import FORMAT, SHEET


@pytest.mark.hostile(quick=["check"])
@pytest.mark.parametrize("command", ["check", "inspect"])
def test_workbook_without_its_description_is_told_what_to_do(command, parts, path):
    book = re.sub(rb'<sheet name="_xlbackprop"[^>]*/>', b"", parts[BOOK])
    assert_refused(run(write(path, {**parts, BOOK: book}), command), SHEET, "build")


@pytest.mark.hostile(quick=[str(FORMAT + 1)])
@pytest.mark.parametrize("version", [FORMAT + 1, 10**6, 10**300])
def test_newer_format_is_told_to_upgrade(version, parts, path):
    write(path, {**parts, HIDDEN: spec_sheet(SPEC, version)})
    assert_refused(run(path), "format", "upgrade|newer")


@pytest.mark.parametrize("version", [0, -1, '"1"', "nan", "1e999"])
def test_format_that_is_none_is_refused(version, parts, path, capsys):
    sheet = swapped(parts[HIDDEN], b'<c r="B1"><v>1</v>', f'<c r="B1"><v>{version}</v>'.encode())
    write(path, {**parts, HIDDEN: sheet})
    assert call("check", path) == 2
    assert capsys.readouterr().err.count("\n") == 1


ROWS = "\n".join(f"batch.{'a.' * 300}b{number} = 1" for number in range(50))


@pytest.mark.hostile(quick=["unknown-layer", "enormous-product", "deep-lists"])
@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        pytest.param("", [SHEET], id="empty"),
        pytest.param("name = ", [SHEET, "toml"], id="broken-toml"),
        pytest.param(SPEC.replace("conv2d", "warp9"), [SHEET, "warp9"], id="unknown-layer"),
        pytest.param(SPEC.replace('"given"', '"luck"'), [SHEET, "luck"], id="unknown-loss"),
        pytest.param(SPEC.replace("kernel", "kernal"), [SHEET, "kernal"], id="unknown-key"),
        pytest.param(SPEC.replace("kernel = 3", "kernel = 9"), [SHEET, "kernel"], id="geometry"),
        pytest.param(SPEC.replace("= 3", "= -3"), [SHEET, "filters"], id="negative"),
        pytest.param(SPEC.replace("[2, 5, 5]", "[nan, 5, 5]"), ["input"], id="nan"),
        pytest.param(SPEC.replace("[2, 5, 5]", "[2, 5, inf]"), ["input"], id="inf"),
        pytest.param(SPEC.replace("5x5x2", "\x9b31m"), ["name"], id="control-characters"),
        pytest.param(SPEC.replace("[2, 5, 5]", f"{[10**6] * 3}"), ["cells"], id="enormous-input"),
        pytest.param(SPEC.replace("filters = 3", "filters = 1000000"), ["cells"], id="filters"),
        pytest.param(f"batch = {10**30}\n{SPEC}", ["batch"], id="beyond-64-bits"),
        pytest.param(f"batch = {'9' * 5_000}\n{SPEC}", [SHEET], id="5000-digits"),
        pytest.param(f"batch = 0x{'f' * 5_000}\n{SPEC}", [SHEET], id="5000-hex-digits"),
        pytest.param(SPEC.replace("= 3", "= 0x" + "f" * 5_000), [SHEET], id="option-of-hex-digits"),
        pytest.param(
            "batch = 1000000\n"
            + SPEC.replace("filters = 3", "filters = 1000000").replace("kernel = 3", "kernel = 1"),
            ["cells"],
            id="enormous-product",
        ),
        pytest.param(
            "batch = 1000000\n"
            + SPEC.replace("filters = 3", "filters = 1000000")
            .replace("kernel = 3", "kernel = 1")
            .replace('"given"', '"mse"'),
            ["cells"],
            id="enormous-product-mse",
        ),
        pytest.param(
            'name = "x"\ninput = [1000000, 1, 1]\n'
            + '[[layers]]\ntype = "conv2d"\nfilters = 1000000\nkernel = 1\n' * 150,
            ["cells"],
            id="150-enormous-layers",
        ),
        pytest.param(
            'name = "x"\ninput = [1, 1, 1]\n'
            + '[[layers]]\ntype = "conv2d"\nfilters = 1\nkernel = 1\n' * 20_000,
            [SHEET],
            id="20000-layers",
        ),
        pytest.param(
            'name = "x"\ninput = [1]\n'
            + '[[layers]]\ntype = "dense"\nunits = 1\n' * 50
            + '[training]\noptimizer = "sgd"\nlr = 0.1\nsteps = 1000\n',
            [],
            id="thousand-steps-of-50-layers",
        ),
        pytest.param(
            SPEC.replace(
                "[loss]", f'[[layers]]\ntype = "add"\nfrom = {["input"] * 50_000}\n[loss]'
            ),
            [],
            id="50000-sources",
        ),
        pytest.param(
            SPEC.replace("filters", 'from = "conv2"\nfilters')
            + '[[layers]]\ntype = "conv2d"\nfilters = 3\nkernel = 1\n',
            ["cycle"],
            id="cycle",
        ),
        pytest.param("a = " + "[" * 100_000, [SHEET], id="deep-lists"),
        pytest.param("a = " + "{a = " * 100_000, [SHEET], id="deep-tables"),
        pytest.param(f"batch.{'a.' * 3_000}b = 1\n{SPEC}", [SHEET], id="deep-key"),
        pytest.param(f"batch.{'a.' * 60_000}b = 1\n{SPEC}", [SHEET], id="deeper-key"),
        pytest.param(f"[{'a.' * 60_000}b]\n{SPEC}", [SHEET], id="deeper-table"),
        pytest.param(ROWS + SPEC, [SHEET], id="deep-keys"),
        pytest.param("# " + "x" * 30_000_000, [SHEET], id="30-megabytes"),
        pytest.param("\n".join(["# x"] * 100_000), [SHEET], id="100000-lines"),
        pytest.param(SPEC + "[values]\nseed = -1\n", ["seed"], id="values-broken"),
    ],
)
def test_description_tampered_with_is_refused(text, patterns, parts, path):
    write(path, {**parts, HIDDEN: spec_sheet(text)})
    assert_refused(run(path), path.name, *patterns)


@pytest.mark.hostile(quick=[".npy"])
@pytest.mark.parametrize("suffix", [".npy", ".npz:key", ".csv", ""])
def test_file_that_a_description_names_is_not_opened(suffix, parts, path):
    # Whoever opens the pipe for reading waits for ever.
    pipe = path.with_suffix(suffix.partition(":")[0] or ".pipe")
    os.mkfifo(pipe)
    named = f'{SPEC}[values.arrays]\n"conv1.h" = "{path.with_suffix("")}{suffix}"\n'
    write(path, {**parts, HIDDEN: spec_sheet(named)})
    for command in ("check", "inspect"):
        assert_bounded(run(path, command))


@pytest.mark.hostile(quick=["/etc/passwd"])
@pytest.mark.parametrize("name", ["/etc/passwd", "../../../../etc/passwd", "//host/share/x.npy"])
def test_file_that_a_description_names_is_not_shown(name, parts, path):
    named = f'{SPEC}[values.arrays]\n"conv1.h" = "{name}"\n'
    outcome = run(write(path, {**parts, HIDDEN: spec_sheet(named)}))
    assert_bounded(outcome)
    assert "root:" not in outcome.out + outcome.err


@pytest.mark.hostile
def test_description_of_a_million_cells_is_refused(parts, path):
    row = b"<row><c><v>1</v></c><c><v>1</v></c></row>"
    write(path, {**parts, HIDDEN: repeated(spec_sheet(SPEC), b"</sheetData>", row, 250_000)})
    assert_refused(run(path), f"{SHEET}|cells")


def claiming(parts, text):
    """Return a workbook that says it holds another network, in cells that overlap and are empty."""
    network = xlbackprop.build_network(xlbackprop.parse_spec(text))
    names = []
    for tensor in network.tensors.values():
        height, width = (1, 1, *tensor.block_shape)[-2:]
        column = xlsx_column(width)
        area = f"conv1!$A$1:${column}${height}" if height * width > 1 else "conv1!$A$1"
        for index in tensor.block_indices():
            name = ".".join([tensor.name, *map(str, index)])
            names.append(f'<definedName name="{name}">{area}</definedName>')
    book = re.sub(rb"<definedName .*</definedName>", "".join(names).encode(), parts[BOOK])
    page = re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData/>", parts[PAGE])
    return {**parts, BOOK: book, PAGE: page, HIDDEN: spec_sheet(text)}


@pytest.mark.hostile(quick=["inspect"])
@pytest.mark.parametrize("command", ["check", "check --json", "inspect"])
def test_small_file_that_claims_the_largest_network_stays_cheap(command, parts, path):
    side = isqrt(MAX_CELLS // 4 - 10)  # h, out and their gradients have as many cells each
    text = SPEC.replace("[2, 5, 5]", f"[1, {side}, {side}]").replace("= 3", "= 1")
    write(path, claiming(parts, text))
    assert path.stat().st_size < 100_000
    assert_bounded(run(path, *command.split()))


def test_small_file_that_claims_endless_arithmetic_stays_cheap(parts, path):
    text = SPEC.replace("[2, 5, 5]", "[1, 400, 400]").replace("kernel = 3", "kernel = 200")
    write(path, claiming(parts, text.replace("filters = 3", "filters = 1")))
    assert path.stat().st_size < 100_000
    assert_bounded(run(path))


NUMBERS = {
    "no-numbers": "one two",
    "too-few": "1 2",
    "too-many": " ".join(["1"] * 100_000),
    "not-finite": "nan " * 50,
    "too-large": "1e999 " * 50,
    "of-5000-digits": ("9" * 5_000 + " ") * 50,
    "of-a-million-digits": "9" * 1_000_000,
}


@pytest.mark.parametrize("text", NUMBERS.values(), ids=NUMBERS)
def test_numbers_handed_out_that_cannot_be_read_are_none(text, path):
    import openpyxl

    book = openpyxl.load_workbook(xlbackprop.build("conv5x5x2", path))
    sheet = book["_xlbackprop"]
    assert sheet["C1"].value == "conv1.h"
    sheet["D1"] = text[:32_767]
    book.save(path)
    report = xlbackprop.check(path)
    assert (report.verdict, report.givens_changed) == ("right", ())
    with pytest.raises(xlbackprop.WorkbookError, match="does not say what"):
        xlbackprop.check(path, same_givens=True)
