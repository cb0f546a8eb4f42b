"""The program run as a person runs it, and workbooks with known mistakes to run it on."""

import json
import re
import subprocess
import sys
import unicodedata
import zipfile

import openpyxl

import xlbackprop
from tests.support.program import environment
from xlbackprop.__main__ import main

COMMANDS = [
    "templates",
    "build",
    "check",
    "explain",
    "gradcheck",
    "view",
    "picture",
    "equations",
    "inspect",
    "locate",
    "assign",
    "grade",
    "gradebook",
    "describe",
    "export",
    "serve",
    "import",
    "site",
]


STATUSES = {"right", "wrong", "carried", "blank", "invalid", "typed"}


KINDS = {"given", "parameter", "forward", "backward", "helper", "link", "update"}


WIDTH_WHEN_PIPED = 120


def run(*arguments, **changes):
    return subprocess.run(
        [sys.executable, "-m", "xlbackprop", *map(str, arguments)],
        env=environment(**changes),
        capture_output=True,
        encoding="utf-8",
        errors="strict" if not changes else "replace",
        check=False,
        timeout=60,
    )


def called(capsys, *arguments):
    """Call the program in this process and return its status, stdout and stderr."""
    capsys.readouterr()
    status = main(list(map(str, arguments)))
    output = capsys.readouterr()
    return status, output.out, output.err


def assert_refused(outcome, *words):
    status, out, err = outcome
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.rstrip("\n").isprintable()
    assert "Traceback" not in err
    assert all(word in err for word in words), err


def place_of(path, tensor, *index):
    """Return the sheet and address of one entry of a tensor of two trailing dimensions."""
    places = {one.name: one for one in xlbackprop.inspect(path).tensors}
    *lead, row, column = index
    block = next(one for one in places[tensor].blocks if one.index == tuple(lead))
    cells = openpyxl.utils.cell.range_boundaries(block.range)
    return block.sheet, f"{openpyxl.utils.get_column_letter(cells[0] + column)}{cells[1] + row}"


def put(path, tensor, index, xml):
    """Put other contents into one cell, and leave every other saved value as it is."""
    sheet, address = place_of(path, tensor, *index)
    order = openpyxl.load_workbook(path, read_only=True).sheetnames
    part = f"xl/worksheets/sheet{order.index(sheet) + 1}.xml"
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    pattern = rf'<c r="{address}"( s="\d+")?(?: t="\w+")?(?:/>|>.*?</c>)'.encode()
    cell = re.compile(pattern)
    assert len(cell.findall(parts[part])) == 1
    kind, content = xml
    new = f'<c r="{address}"\\1{kind}>{content}</c>'.encode()
    parts[part] = cell.sub(new, parts[part])
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return sheet, address


def number(value):
    return "", f"<v>{value}</v>"


def text(words):
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return ' t="inlineStr"', f"<is><t>{escaped}</t></is>"


BLANK = "", ""


def slip_once(path):
    """Make one cell wrong, and the one that copies it carry on with that."""
    put(path, "conv1.out", (0, 0, 0), number(4711.25))
    put(path, "conv2.h", (0, 0, 0), number(4711.25))


def document(outcome):
    """Return the one JSON document that stdout must hold."""
    _, out, err = outcome
    assert err == ""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(out, parse_constant=refuse)


def assert_harmless(printed):
    """Assert that nothing in a text is a command to a terminal, or turns its direction."""
    bad = {c for c in printed if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert not bad, printed
