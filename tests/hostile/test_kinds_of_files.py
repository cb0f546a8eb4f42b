"""Files of other kinds, devices and cut workbooks: refused in one line that says what they are."""

import io
import os
import re
import struct
import zipfile

import pytest

from tests.support.hostile_workbooks import write
from tests.support.watched_program import assert_refused, call, run


def ole(*names, padding=0):
    """Return an OLE file (as .xls, and as encrypted workbooks are) with streams of these names."""
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    entries = b""
    for name in ("Root Entry", *names):
        text = name.encode("utf-16-le")
        entries += text.ljust(64, b"\0") + struct.pack("<H", len(text) + 2) + bytes(62)
    return header.ljust(512, b"\0") + bytes(padding) + entries.ljust(1024, b"\0")


def archive(**contents):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name, content in contents.items():
            package.writestr(name.replace("__", "/").replace("_", "."), content)
    return stream.getvalue()


ODS = archive(mimetype="application/vnd.oasis.opendocument.spreadsheet", content_xml="<office/>")


LETTERS = b"PK" + bytes(range(256)) * 40


@pytest.mark.hostile(quick=["empty-check", "xls-check", "ods-inspect"])
@pytest.mark.parametrize("command", ["check", "inspect"])
@pytest.mark.parametrize(
    ("content", "patterns"),
    [
        pytest.param(b"", ["empty"], id="empty"),
        pytest.param(b"\0" * 5_000, ["not"], id="zeros"),
        pytest.param(LETTERS, ["damaged|not"], id="noise-like-a-zip"),
        pytest.param(b"P", ["not"], id="one-byte"),
        pytest.param(b"Dear marker: my dog ate it", ["not"], id="letter"),
        pytest.param(ole("Workbook"), [r"\.xls\b"], id="xls"),
        pytest.param(ole("EncryptionInfo", "EncryptedPackage"), ["encrypted"], id="encrypted"),
        pytest.param(ODS, [r"\.ods\b"], id="ods"),
        pytest.param(b"1,2,3\n4,5,6\n", [r"\.csv\b"], id="csv"),
    ],
)
def test_file_that_is_no_workbook_is_refused_by_its_kind(content, patterns, command, path):
    path.write_bytes(content)
    assert_refused(run(path, command), path.name, *patterns)


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        pytest.param(b"1;2;3\r\n4;5;6\r\n", r"\.csv\b", id="csv-semicolons"),
        pytest.param(b"1\t2\t3\n4\t5\t6\n", r"\.csv\b", id="csv-tabs"),
        pytest.param(b"\xef\xbb\xbfa,b\n1,2\n", r"\.csv\b", id="csv-with-a-mark"),
        pytest.param("größe;höhe\n1,5;2\n".encode("cp1252"), r"\.csv\b", id="csv-not-utf-8"),
        pytest.param("größe;höhe\n1,5;2\n".encode("utf-16"), r"\.csv\b", id="csv-utf-16"),
        pytest.param(("größe,1\n" * 1_000).encode(), r"\.csv\b", id="csv-long"),
        pytest.param(b"<html><table><tr><td>1</td></tr></table></html>", "html", id="html"),
        pytest.param(archive(content_xml="<a/>"), "zip", id="zip-of-something"),
        pytest.param(archive(word__document_xml="<a/>"), "zip|word", id="docx"),
        pytest.param(archive(xl__workbook_bin=b"\x83"), r"\.xlsb\b|zip", id="xlsb"),
        pytest.param(zipfile.ZipFile(io.BytesIO(), "w").fp.getvalue(), "empty|zip", id="no-zip"),
        pytest.param(b"PK\5\6" + bytes(18), "zip|damaged", id="zip-of-nothing"),
        pytest.param(ole("Book"), r"\.xls\b", id="xls-of-excel-5"),
        pytest.param(ole("EncryptedPackage", padding=5_000_000), "encrypted", id="encrypted-5-mb"),
        pytest.param(ole("EncryptedPackage")[:600], "encrypted|damaged|xls", id="encrypted-cut"),
    ],
)
def test_file_of_a_rarer_kind_is_refused_by_its_kind(content, pattern, path, capsys):
    path.write_bytes(content)
    assert call("check", path) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert re.search(pattern, output.err, re.IGNORECASE), output.err


@pytest.mark.hostile
def test_file_larger_than_any_workbook_is_refused(path):
    with path.open("wb") as file:
        file.write(b"PK\3\4")
        file.truncate(5_000_000_000)
    assert_refused(run(path))


@pytest.mark.hostile(quick=["check"])
@pytest.mark.parametrize("command", ["check", "inspect"])
def test_file_that_would_block_is_refused(command, path):
    os.mkfifo(path)
    assert_refused(run(path, command))


@pytest.mark.hostile(quick=["/dev/zero"])
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/random", "/proc/self/mem"])
def test_device_is_refused(device):
    assert_refused(run(device))


def test_truncated_workbook_is_refused_at_every_length(parts, path, capsys):
    whole = write(path, parts).read_bytes()
    for length in [*range(0, len(whole), 211), *range(len(whole) - 120, len(whole), 7)]:
        path.write_bytes(whole[:length])
        assert call("check", path) == 2, length
        output = capsys.readouterr()
        assert output.out == "", length
        assert output.err.count("\n") == 1, output.err
        assert re.search("damaged|empty|not", output.err), output.err


@pytest.mark.hostile(quick=["0.5"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_truncated_workbook_is_refused(share, parts, path):
    whole = write(path, parts).read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert_refused(run(path), "damaged|not")
