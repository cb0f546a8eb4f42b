"""Files from strangers: each is judged, or refused in one line, in seconds and in little memory."""

import io
import json
import os
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from math import isqrt
from pathlib import Path

import pytest

import xlbackprop
from tests.support.program import environment
from xlbackprop.__main__ import main
from xlbackprop.errors import XlbackpropError
from xlbackprop.network import MAX_CELLS
from xlbackprop.workbook.description import FORMAT, SHEET, description_rows

SECONDS, MEGABYTES = 10, 500

CONTENT_TYPES, ROOT_RELS = "[Content_Types].xml", "_rels/.rels"
BOOK, BOOK_RELS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
STRINGS = "xl/sharedStrings.xml"
PAGE, HIDDEN = "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml"

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

SPEC = """\
name = "conv5x5x2"
input = [2, 5, 5]
[[layers]]
type = "conv2d"
filters = 3
kernel = 3
[loss]
type = "given"
"""


# Running the program, and measuring what it takes.

# A process of its own, because the peak memory of a child counts that of what it was started by.
# Seconds are those of the processor, so that a busy machine fails no test; what only waits is
# ended all the same.
WATCH = """
import json, os, resource, subprocess, sys, tempfile, threading
seconds, patience, *command = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    timer = threading.Timer(int(patience), process.kill)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = status
    texts = []
    for file in (out, err):
        file.seek(0)
        texts.append(file.read().decode("utf-8", "backslashreplace"))
status = os.waitstatus_to_exitcode(status)
print(json.dumps([status, *texts, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


@dataclass(frozen=True)
class Outcome:
    """What a run of the program gave, and what it took."""

    status: int
    out: str
    err: str
    seconds: float
    megabytes: float


def watch(*command, seconds=SECONDS + 1, patience=6 * SECONDS):
    limits = [str(seconds), str(patience)]
    process = subprocess.run(
        [sys.executable, "-I", "-S", "-c", WATCH, *limits, *map(str, command)],
        env=environment(),
        capture_output=True,
        check=True,
        timeout=10 * SECONDS,
    )
    return Outcome(*json.loads(process.stdout))


# The engine works beside the reader, and counts as much: its limits leave room for both.
ENGINE_LIMITS = ("--timeout", "2", "--memory", "450")


def run(path, command="check", *options):
    limits = ENGINE_LIMITS if command == "check" else ()
    return watch(sys.executable, "-m", "xlbackprop", command, path, *limits, *options)


def call(*arguments):
    """Run the program in this process and return its exit status."""
    return main(list(map(str, arguments)))


def run_each(paths):
    """Check several files in one process and return their exit statuses."""
    script = (
        "import json, sys\nfrom xlbackprop.__main__ import main\n"
        "print('', json.dumps([main(['check', path]) for path in sys.argv[1:]]), sep='\\n')"
    )
    outcome = watch(sys.executable, "-c", script, *paths)
    assert outcome.status == 0, outcome.err
    assert outcome.megabytes < MEGABYTES
    return json.loads(outcome.out.splitlines()[-1])


def assert_bounded(outcome):
    """Assert that a file was judged or refused, as it should be, within the limits."""
    assert outcome.status in (0, 1, 2), outcome.err
    assert outcome.seconds < SECONDS
    assert outcome.megabytes < MEGABYTES
    assert "Traceback" not in outcome.err
    for text in (outcome.out, outcome.err):
        assert_harmless(text)
    if outcome.status == 2:
        assert outcome.out == ""
        assert outcome.err.count("\n") == 1
        assert len(outcome.err) < 1_000
    else:
        assert outcome.err == ""
        assert outcome.out


def assert_refused(outcome, *patterns):
    assert_bounded(outcome)
    assert outcome.status == 2, outcome.out[:200]
    for pattern in patterns:
        assert re.search(pattern, outcome.err, re.IGNORECASE), outcome.err


def assert_right(outcome):
    assert_bounded(outcome)
    assert outcome.status == 0, outcome.err or outcome.out


def assert_harmless(text):
    """Assert that nothing in a text is a command to a terminal, or turns its direction."""
    bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert not bad, text


# Making files.


@dataclass(frozen=True)
class Packed:
    """A part of an archive, deflated already."""

    deflated: bytes
    size: int
    crc: int


@cache
def packed(head, unit, times, tail):
    """Return a part that holds head, unit many times, and tail, without holding it in memory."""
    together = max(1, 1_000_000 // len(unit))
    segments = [(head, 1), (unit * together, times // together), (unit, times % together)]
    stream, size, crc = b"", 0, 0
    for content, count in [*segments, (tail, 1)]:
        squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
        stream += (squeeze.compress(content) + squeeze.flush(zlib.Z_FULL_FLUSH)) * count
        size += len(content) * count
        for _ in range(count):
            crc = zlib.crc32(content, crc)
    return Packed(stream + zlib.compressobj(6, zlib.DEFLATED, -15).flush(), size, crc)


def add_packed(package, name, part):
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.CRC, info.file_size, info.compress_size = part.crc, part.size, len(part.deflated)
    info.header_offset = package.fp.tell()
    package.fp.write(info.FileHeader() + part.deflated)
    package.start_dir = package.fp.tell()
    package.filelist.append(info)
    package.NameToInfo[name] = info


def write(path, parts, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as package:
        package._didModify = True
        for name, content in parts.items():
            if isinstance(content, Packed):
                add_packed(package, name, content)
            else:
                package.writestr(name, content)
    return path


@cache
def built():
    """Return the parts of a workbook in which all is right."""
    with tempfile.TemporaryDirectory() as folder:
        path = xlbackprop.build("conv5x5x2", Path(folder, "built.xlsx"))
        with zipfile.ZipFile(path) as package:
            return {name: package.read(name) for name in package.namelist()}


@pytest.fixture
def parts():
    return dict(built())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.xlsx"


def swapped(content, old, new, count=1):
    assert content.count(old) == count, f"{old!r} occurs {content.count(old)} times"
    return content.replace(old, new)


def before(content, mark, new):
    """Return the content with something put in front of the last mark in it."""
    at = content.rindex(mark)
    return content[:at] + new + content[at:]


def repeated(content, mark, unit, times, opening=b"", closing=b""):
    """Return the content with one piece of XML many times in front of the last mark in it."""
    at = content.rindex(mark)
    return packed(content[:at] + opening, unit, times, closing + content[at:])


def spec_sheet(text, version=FORMAT):
    """Return the XML of the hidden sheet that describes a workbook."""
    rows = []
    for number, (key, value) in enumerate(description_rows(text), start=1):
        escaped = str(value).replace("&", "&amp;").replace("<", "&lt;")
        second = f't="inlineStr"><is><t>{escaped}</t></is>'
        if key == "format":
            second = f"><v>{version}</v>"
        first = f'<c r="A{number}" t="inlineStr"><is><t>{key}</t></is></c>'
        rows.append(f'<row r="{number}">{first}<c r="B{number}" {second}</c></row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'.encode()


# The measuring itself.


def test_watch_sees_memory_past_the_limit():
    outcome = watch(sys.executable, "-c", "len(b'x' * 600_000_000)")
    assert outcome.megabytes > MEGABYTES
    assert outcome.status == 0


def test_watch_ends_what_takes_too_long():
    outcome = watch(sys.executable, "-c", "while True: pass", seconds=1)
    assert outcome.status < 0
    assert outcome.seconds > 0.5


def test_watch_ends_what_waits_for_ever():
    waiting = "import threading; threading.Event().wait()"
    assert watch(sys.executable, "-c", waiting, patience=1).status < 0


def test_watch_does_not_count_the_memory_of_the_tests():
    ballast = b"x" * 200_000_000
    assert watch(sys.executable, "-c", "pass").megabytes < 100
    assert len(ballast) == 200_000_000


def test_workbook_rewritten_without_a_change_is_right(parts, path):
    assert_right(run(write(path, parts)))


def test_workbook_with_its_hidden_sheet_rewritten_is_right(parts, path):
    assert_right(run(write(path, {**parts, HIDDEN: spec_sheet(SPEC)})))


# Other kinds of files.


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


def test_file_larger_than_any_workbook_is_refused(path):
    with path.open("wb") as file:
        file.write(b"PK\3\4")
        file.truncate(5_000_000_000)
    assert_refused(run(path))


@pytest.mark.parametrize("command", ["check", "inspect"])
def test_file_that_would_block_is_refused(command, path):
    os.mkfifo(path)
    assert_refused(run(path, command))


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


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_truncated_workbook_is_refused(share, parts, path):
    whole = write(path, parts).read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert_refused(run(path), "damaged|not")


# Archives that are traps.


@pytest.mark.parametrize("part", [PAGE, HIDDEN, STRINGS, BOOK, CONTENT_TYPES, "xl/media/a.png"])
def test_zip_that_unpacks_to_a_gigabyte_is_refused(part, parts, path):
    bomb = {**parts, part: packed(b"", b"\0", 1_000_000_000, b"")}
    assert write(path, bomb).stat().st_size < 5_000_000
    assert_refused(run(path))


def test_zip_of_many_parts_that_unpack_to_a_gigabyte_is_refused(parts, path):
    half = packed(b"", b" ", 2_000_000, b"")
    bomb = {**parts, **{f"xl/media/{number}.png": half for number in range(500)}}
    assert_refused(run(write(path, bomb)))


@pytest.mark.parametrize("part", [PAGE, HIDDEN, STRINGS, BOOK])
def test_zip_whose_header_hides_a_gigabyte_is_refused(part, parts, path):
    bomb = packed(parts[part], b" ", 1_000_000_000, b"")
    lie = Packed(bomb.deflated, len(parts[part]), bomb.crc)
    assert_refused(run(write(path, {**parts, part: lie})), "damaged")


def test_zip_of_a_million_parts_is_refused(path):
    info = zipfile.ZipInfo("a")
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", *[0] * 16) + b""
    entry = entry[:28] + struct.pack("<H", 1) + entry[30:46] + info.filename.encode()
    directory = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory), 30, 0)
    path.write_bytes(b"PK\3\4".ljust(30, b"\0") + directory + end)
    assert_refused(run(path))


def test_ods_with_a_swollen_mimetype_is_refused(parts, path):
    bomb = packed(b"application/vnd.oasis.opendocument.spreadsheet", b" ", 240_000_000, b"")
    assert_refused(run(write(path, {"mimetype": bomb, **parts})))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
@pytest.mark.parametrize("damage", [False, True], ids=["whole", "damaged"])
def test_zip_of_another_method_is_judged_or_refused(method, damage, parts, path):
    whole = bytearray(write(path, parts, method).read_bytes())
    if damage:
        for at in range(60, len(whole) - 3_000, 97):
            whole[at] ^= 0x55
        path.write_bytes(whole)
    outcome = run(path)
    assert_bounded(outcome)
    assert outcome.status == (2 if damage else outcome.status)


def test_zip_with_a_password_is_refused(parts, path):
    whole = bytearray(write(path, parts).read_bytes())
    for mark, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        for found in re.finditer(re.escape(mark), bytes(whole)):
            whole[found.start() + flags] |= 1
    path.write_bytes(whole)
    assert_refused(run(path))


def test_zip_with_names_that_leave_its_folder_touches_nothing(parts, path, tmp_path):
    outside = {"../outside.txt": b"x", "/tmp/../outside.txt": b"x", "a\0b": b"x"}
    assert_right(run(write(path, {**parts, **outside})))
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


# XML that is a trap.

ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 20}">'
        for old, new in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "iso-8859-1"])
@pytest.mark.parametrize("part", [BOOK, PAGE, HIDDEN, STRINGS, BOOK_RELS])
def test_entity_bomb_is_refused(part, encoding, parts, path, capsys):
    text = re.sub(r"^<\?xml.*?\?>\s*", "", parts[part].decode())
    name = encoding.removesuffix("-be")
    text = f'<?xml version="1.0" encoding="{name}"?>\n{ENTITIES}{text}'
    text = text.replace("</", "&j;</", 1)
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    bomb = (mark + text).encode(encoding, errors="xmlcharrefreplace")
    write(path, {**parts, part: bomb})
    if encoding == "utf-8" or part == BOOK:
        assert_refused(run(path))
    else:  # refused before anything grows, as the others show
        assert call("check", path) == 2
        assert capsys.readouterr().err.count("\n") == 1


DECLARATIONS = [
    '<!DOCTYPE x SYSTEM "{target}">',
    '<!DOCTYPE x [<!ENTITY a SYSTEM "{target}">]>',
    '<!DOCTYPE x [<!ENTITY % a SYSTEM "{target}"> %a;]>',
    '<?xml-stylesheet href="{target}"?>',
]


@pytest.fixture
def traps(tmp_path):
    """Return a pipe's path and an address; using either makes the test fail."""
    # Whoever opens the pipe for reading waits for ever.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield pipe, f"http://127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("part", [BOOK, PAGE, STRINGS])
def test_xml_that_names_a_file_or_an_address_has_it_left_alone(part, parts, traps, tmp_path):
    pipe, address = traps
    paths = []
    for number, declaration in enumerate(DECLARATIONS):
        for target in (f"file://{pipe}", address):
            text = swapped(parts[part], b"?>", b"?>" + declaration.format(target=target).encode())
            path = tmp_path / f"{number}-{len(target)}.xlsx"
            paths.append(write(path, {**parts, part: text}))
    assert set(run_each(paths)) <= {0, 2}


SWOLLEN = 240_000_000


@pytest.mark.parametrize(
    ("part", "mark", "opening", "unit", "closing"),
    [
        pytest.param(PAGE, b"</sheetData>", b"<row>", b"<c/>", b"</row>", id="empty-cells"),
        pytest.param(PAGE, b"</sheetData>", b"", b"<row/>", b"", id="empty-rows"),
        pytest.param(PAGE, b"</sheetData>", b"", b"<x/>", b"", id="unknown-elements"),
        pytest.param(PAGE, b"</sheetData>", b"", b"<x>", b"", id="nested"),
        pytest.param(PAGE, b"</sheetData>", b"", b" ", b"", id="spaces"),
        pytest.param(PAGE, b"</sheetData>", b"<!--", b"x", b"-->", id="comment"),
        pytest.param(PAGE, b"</sheetData>", b"<?x ", b"x", b"?>", id="instruction"),
        pytest.param(PAGE, b"</sheetData>", b'<x a="', b"x", b'"/>', id="attribute"),
        pytest.param(PAGE, b"</sheetData>", b"<", b"x", b"/>", id="element-s-name"),
        pytest.param(
            PAGE,
            b"</sheetData>",
            b'<row r="2000">',
            b'<c r="A2000" t="b"><v>1</v></c>',
            b"</row>",
            id="cells",
        ),
        pytest.param(
            PAGE,
            b"</sheetData>",
            b'<row r="2000"><c r="A2000"><v>',
            b"1",
            b"</v></c></row>",
            id="number",
        ),
        pytest.param(
            PAGE,
            b"</sheetData>",
            '<row r="2000"><c r="A2000" t="str"><v>\U0001f600'.encode(),
            b"x",
            b"</v></c></row>",
            id="cell-s-text",
        ),
        pytest.param(
            PAGE,
            b"</sheetData>",
            b'<row r="2000"><c r="A2000"><f>1',
            b"+1",
            b"</f></c></row>",
            id="formula",
        ),
        pytest.param(STRINGS, b"</sst>", b"", b"<si/>", b"", id="empty-texts"),
        pytest.param(STRINGS, b"</sst>", b"", b"<x/>", b"", id="unknown-elements-in-texts"),
        pytest.param(STRINGS, b"</sst>", b"", b"<si>", b"", id="nested-texts"),
        pytest.param(
            STRINGS,
            b"</sst>",
            "<si><t>\U0001f600".encode(),
            b"x",
            b"</t></si>",
            id="shared-text",
        ),
        pytest.param(
            BOOK, b"</definedNames>", b'<definedName name="x">', b"x", b"</definedName>", id="name"
        ),
        pytest.param(
            BOOK, b"</definedNames>", b'<definedName name="', b"x", b'">1</definedName>', id="named"
        ),
        pytest.param(BOOK, b"</definedNames>", b"", b"<x/>", b"", id="unknown-elements-in-book"),
        pytest.param(
            BOOK,
            b"</definedNames>",
            b"",
            b"<x " + b" ".join(b'a%d=""' % number for number in range(100)) + b"/>",
            b"",
            id="attributes-in-book",
        ),
        pytest.param(
            BOOK_RELS, b"</Relationships>", b"", b"<Relationship/>", b"", id="relationships"
        ),
        pytest.param(CONTENT_TYPES, b"</Types>", b"", b"<Default/>", b"", id="content-types"),
    ],
)
def test_part_swollen_to_what_an_archive_may_hold(part, mark, opening, unit, closing, parts, path):
    bomb = repeated(parts[part], mark, unit, SWOLLEN // len(unit), opening, closing)
    write(path, {**parts, part: bomb})
    assert path.stat().st_size < 5_000_000
    assert_bounded(run(path))


def test_element_with_millions_of_attributes_is_refused_or_judged(parts, path):
    attributes = "".join(f' a{number}=""' for number in range(3_000_000)).encode()
    page = before(parts[PAGE], b"</sheetData>", b"<x" + attributes + b"/>")
    assert_bounded(run(write(path, {**parts, PAGE: page})))


def test_nesting_of_a_few_thousand_elements_is_no_crash(parts, path, capsys):
    for part, mark in ((PAGE, b"</sheetData>"), (STRINGS, b"</sst>"), (BOOK, b"</definedNames>")):
        deep = before(parts[part], mark, b"<x>" * 50_000 + b"</x>" * 50_000)
        write(path, {**parts, part: deep})
        assert call("check", path) in (0, 2)
        assert capsys.readouterr().err.count("\n") <= 1


@pytest.mark.parametrize(
    "encoding",
    [
        *("cp037", "utf-7", "utf-8-sig", "utf-32", "UCS-4", "latin-1", "big5", "mbcs", "x" * 500),
        *("idna", "punycode", "undefined", "rot13", "hex", "zip"),
    ],
)
def test_xml_in_an_odd_encoding_is_judged_or_refused(encoding, parts, path, capsys):
    page = swapped(parts[PAGE], b'encoding="UTF-8"', f'encoding="{encoding}"'.encode())
    write(path, {**parts, PAGE: page})
    assert call("check", path) in (0, 2)
    assert capsys.readouterr().err.count("\n") <= 1


@pytest.mark.parametrize("part", [BOOK, BOOK_RELS, ROOT_RELS, PAGE, HIDDEN, STRINGS])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"<", id="cut"),
        pytest.param(b"\0" * 100, id="zeros"),
        pytest.param(b"<a/>", id="another-document"),
        pytest.param(b"<a><b></a></b>", id="badly-nested"),
    ],
)
def test_part_that_is_missing_or_broken_is_refused(content, part, parts, path, capsys):
    parts.pop(part)
    write(path, parts if content is None else {**parts, part: content})
    status = call("check", path)
    output = capsys.readouterr()
    if part == PAGE and content == b"<a/>":
        assert status == 1  # an empty sheet is a sheet
    else:
        assert status == 2
        assert output.out == ""
        assert output.err.count("\n") == 1


@pytest.mark.parametrize("part", [PAGE, STRINGS, BOOK_RELS])
def test_missing_part_is_refused(part, parts, path):
    parts.pop(part)
    assert_refused(run(write(path, parts)), "damaged")


# What the workbook says of itself.


@pytest.mark.parametrize("command", ["check", "inspect"])
def test_workbook_of_another_program_is_told_what_to_do(command, parts, path):
    book = re.sub(rb'<sheet name="_xlbackprop"[^>]*/>', b"", parts[BOOK])
    assert_refused(run(write(path, {**parts, BOOK: book}), command), SHEET, "build")


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


@pytest.mark.parametrize("suffix", [".npy", ".npz:key", ".csv", ""])
def test_file_that_a_description_names_is_not_opened(suffix, parts, path):
    # Whoever opens the pipe for reading waits for ever.
    pipe = path.with_suffix(suffix.partition(":")[0] or ".pipe")
    os.mkfifo(pipe)
    named = f'{SPEC}[values.arrays]\n"conv1.h" = "{path.with_suffix("")}{suffix}"\n'
    write(path, {**parts, HIDDEN: spec_sheet(named)})
    for command in ("check", "inspect"):
        assert_bounded(run(path, command))


@pytest.mark.parametrize("name", ["/etc/passwd", "../../../../etc/passwd", "//host/share/x.npy"])
def test_file_that_a_description_names_is_not_shown(name, parts, path):
    named = f'{SPEC}[values.arrays]\n"conv1.h" = "{name}"\n'
    outcome = run(write(path, {**parts, HIDDEN: spec_sheet(named)}))
    assert_bounded(outcome)
    assert "root:" not in outcome.out + outcome.err


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


def xlsx_column(number):
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


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


# The names of the blocks.


@pytest.mark.parametrize("command", ["check", "inspect"])
@pytest.mark.parametrize(
    ("area", "patterns"),
    [
        pytest.param("conv1!$A$1:$XFD$1048576", ["1048576|1,048,576|size"], id="whole-sheet"),
        pytest.param("conv1!$A:$XFD", [], id="whole-columns"),
        pytest.param("conv1!$1:$1048576", [], id="whole-rows"),
        pytest.param("#REF!", ["deleted|gone"], id="ref-error"),
        pytest.param("conv1!#REF!", ["deleted|gone"], id="ref-error-on-the-sheet"),
        pytest.param("nosuchsheet!$X$11:$Z$13", [], id="sheet-that-does-not-exist"),
        pytest.param("", [], id="empty"),
    ],
)
def test_name_of_no_block_is_refused_by_name(area, patterns, command, parts, path):
    book, count = re.subn(rb'(name="conv1.out.0">)[^<]*', rb"\g<1>" + area.encode(), parts[BOOK])
    assert count == 1
    assert_refused(run(write(path, {**parts, BOOK: book}), command), r"conv1\.out\.0", *patterns)


@pytest.mark.parametrize(
    "area",
    [
        pytest.param("conv1!$X$11:$Z$14", id="a-row-more"),
        pytest.param("conv1!$X$11:$Y$13", id="a-column-less"),
        pytest.param("conv1!$X$11", id="a-single-cell"),
        pytest.param("conv1!$Z$13:$X$11", id="backwards"),
        pytest.param("conv1!$X$0:$Z$2", id="row-0"),
        pytest.param("conv1!$X$1048575:$Z$1048577", id="past-the-last-row"),
        pytest.param("conv1!$XFC$11:$XFE$13", id="past-the-last-column"),
        pytest.param("conv1!$ZZZZ$11:$ZZZZ$13", id="no-column"),
        pytest.param("[1]conv1!$X$11:$Z$13", id="another-workbook"),
        pytest.param("'C:\\[x.xlsx]conv1'!$X$11:$Z$13", id="another-file"),
        pytest.param("conv1!$X$11:$Z$13,conv1!$A$1", id="two-areas"),
        pytest.param("OFFSET(conv1!$X$11,0,0,3,3)", id="formula"),
        pytest.param("{1,2,3}", id="constant"),
        pytest.param("cmd|'/c calc'!A1", id="program"),
        pytest.param("'" * 99, id="quotes"),
        pytest.param("conv1!$X$" + "1" * 5_000, id="row-of-5000-digits"),
    ],
)
def test_name_that_does_not_fit_its_block_is_refused_by_name(area, parts, path, capsys):
    book, count = re.subn(
        rb'(name="conv1.out.0">)[^<]*', lambda found: found[1] + area.encode(), parts[BOOK]
    )
    assert count == 1
    write(path, {**parts, BOOK: book})
    assert call("check", path) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert "conv1.out.0" in output.err


@pytest.mark.parametrize("command", ["check", "inspect"])
def test_name_that_is_gone_is_refused_by_name(command, parts, path):
    book, count = re.subn(rb'<definedName name="conv1.out.0">[^<]*</definedName>', b"", parts[BOOK])
    assert count == 1
    write(path, {**parts, BOOK: book})
    assert_refused(run(path, command), r"conv1\.out\.0", "gone|missing")


def test_million_names_are_judged_or_refused(parts, path):
    names = b"".join(
        b'<definedName name="n%d">conv1!$A$1</definedName>' % number for number in range(1_000_000)
    )
    book = before(parts[BOOK], b"</definedNames>", names)
    assert_bounded(run(write(path, {**parts, BOOK: book})))


def test_million_sheets_are_judged_or_refused(parts, path):
    sheets = b"".join(
        b'<sheet name="s%d" sheetId="%d" r:id="rId2"/>' % (n, n) for n in range(4, 1_000_000)
    )
    book = before(parts[BOOK], b"</sheets>", sheets)
    assert_bounded(run(write(path, {**parts, BOOK: book})))


# Cells.


@pytest.mark.parametrize("area", ["A1:XFD1048576", "A1", "", "XFD1048576:A1", "nonsense"])
def test_dimension_that_lies_changes_nothing(area, parts, path):
    page, count = re.subn(
        rb'<dimension ref="[^"]*"/>', f'<dimension ref="{area}"/>'.encode(), parts[PAGE]
    )
    assert count == 1
    assert_right(run(write(path, {**parts, PAGE: page})))


def test_cell_in_the_last_corner_changes_nothing(parts, path):
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    page = before(parts[PAGE], b"</sheetData>", far)
    assert_right(run(write(path, {**parts, PAGE: page})))


@pytest.mark.parametrize(
    "address",
    [
        *("A0", "ZZZ1", "ZZZZ1", "AAA9999999", "XFE1", "A1048577", "A" * 5_000, "A" + "1" * 5_000),
        *("", "1A", "A", "1", "A-1", "A1:B2", "$A$1", "a1", "Ä1", "A1 ", "A٣", "R1C1"),
    ],
)
def test_cell_of_an_impossible_address_is_refused_or_left_out(address, parts, path, capsys):
    cell = f'<row><c r="{address}"><v>1</v></c></row>'.encode()
    write(path, {**parts, PAGE: before(parts[PAGE], b"</sheetData>", cell)})
    status = call("check", path)
    output = capsys.readouterr()
    assert status in (0, 2)
    assert output.err.count("\n") == (1 if status else 0)
    assert len(output.err) < 1_000


@pytest.mark.parametrize("number", ["0", "-1", "1048577", "9" * 5_000, "1.5", "x", "", "٣", "1e9"])
def test_row_of_an_impossible_number_is_refused_or_left_out(number, parts, path, capsys):
    row = f'<row r="{number}"><c><v>1</v></c></row>'.encode()
    write(path, {**parts, PAGE: before(parts[PAGE], b"</sheetData>", row)})
    status = call("check", path)
    assert status in (0, 2)
    assert capsys.readouterr().err.count("\n") == (1 if status else 0)


@pytest.mark.parametrize("index", ["-1", "999999", "1.5", "x", "", "9" * 5_000])
def test_text_that_is_not_there_is_refused(index, parts, path, capsys):
    cell = f'<row r="2000"><c r="A2000" t="s"><v>{index}</v></c></row>'.encode()
    write(path, {**parts, PAGE: before(parts[PAGE], b"</sheetData>", cell)})
    assert call("check", path) == 2
    assert "damaged" in capsys.readouterr().err


def place_of(parts, path, tensor):
    """Return the address of the first cell of a tensor."""
    places = {one.name: one for one in xlbackprop.inspect(write(path, parts)).tensors}
    return places[tensor].blocks[0].range.partition(":")[0]


def with_cell(parts, path, tensor, attributes, content):
    """Return the parts with other contents in the first cell of a tensor."""
    address = place_of(parts, path, tensor)
    page, count = re.subn(
        rf'<c r="{address}"[^>]*?(?:/>|>.*?</c>)'.encode(),
        lambda _: f'<c r="{address}"{attributes}>{content}</c>'.encode(),
        parts[PAGE],
    )
    assert count == 1
    return {**parts, PAGE: page}


@pytest.mark.parametrize(
    "value",
    [
        *("1e999", "-1e999", "nan", "inf", "-Infinity", "9" * 5_000, "1" + "0" * 400),
        *("1_000", "0x10", "٣", "", " ", "1,5", "--1", "TRUE"),
    ],
)
@pytest.mark.parametrize("tensor", ["conv1.h", "conv1.out"])
def test_number_that_is_none_is_never_right(value, tensor, parts, path, capsys):
    write(path, with_cell(parts, path, tensor, "", f"<v>{value}</v>"))
    assert call("check", path, "--json") in (1, 2)
    output = capsys.readouterr()
    assert output.err.count("\n") <= 1


@pytest.mark.parametrize(
    ("attributes", "content"),
    [
        pytest.param(' t="b"', "<v>2</v>", id="boolean-of-2"),
        pytest.param(' t="e"', "<v>#DIV/0!</v>", id="error"),
        pytest.param(' t="e"', "<v></v>", id="error-of-nothing"),
        pytest.param(' t="d"', "<v>2026-01-01</v>", id="date"),
        pytest.param(' t="nosuch"', "<v>1</v>", id="unknown-type"),
        pytest.param(' t="str"', "<v>1</v>", id="text"),
        pytest.param("", "<f>1/0</f>", id="formula-without-a-value"),
        pytest.param("", "<f></f><v>7</v>", id="formula-of-nothing"),
        pytest.param("", '<f t="shared" si="99"/><v>7</v>', id="shared-formula-without-a-first"),
        pytest.param("", '<f t="shared" ref="A1:XFD1048576" si="0">A1</f><v>7</v>', id="shared"),
        pytest.param("", '<f t="array" ref="A1:XFD1048576">A1</f><v>7</v>', id="array-of-all"),
        pytest.param("", '<f t="array" ref="nonsense">A1</f><v>7</v>', id="array-of-nowhere"),
        pytest.param("", '<f t="dataTable" ref="A1:B2" r1="A1"/><v>7</v>', id="data-table"),
        pytest.param("", "<f>" + "(" * 50_000 + "</f><v>7</v>", id="formula-of-brackets"),
        pytest.param("", "<f>cmd|'/c calc'!A1</f><v>7</v>", id="formula-that-runs-a-program"),
        pytest.param("", "<f>\u009b31m</f><v>7</v>", id="formula-of-control-characters"),
        pytest.param("", "<v>7</v><v>8</v>", id="two-values"),
        pytest.param("", "<is><t>7</t></is>", id="text-in-a-number"),
    ],
)
def test_cell_of_an_odd_kind_is_judged(attributes, content, parts, path, capsys):
    write(path, with_cell(parts, path, "conv1.out", attributes, content))
    for options in ([], ["--json"]):
        assert call("check", path, *options) == 1
        output = capsys.readouterr()
        assert output.err == ""
        assert_harmless(output.out)


@pytest.mark.parametrize(
    "formula",
    [
        pytest.param("A1", id="left-of-the-sheet"),
        pytest.param("$A1+A$1", id="above-the-sheet"),
        pytest.param("A1:B2", id="range"),
        pytest.param("A:A", id="column"),
        pytest.param("1:1", id="row"),
        pytest.param("XFD1048576", id="last-corner"),
        pytest.param("'", id="open-quote"),
        pytest.param('"', id="open-text"),
        pytest.param("{", id="open-array"),
        pytest.param("[", id="open-bracket"),
        pytest.param("#REF!", id="error"),
        pytest.param("1E+", id="half-a-number"),
        pytest.param("(" * 3_000, id="brackets"),
        pytest.param("}", id="closing-brace"),
        pytest.param(")", id="closing-bracket"),
    ],
)
def test_shared_formula_of_any_text_is_judged(formula, parts, path, capsys):
    sharing = '<f t="shared" si="7"/><v>4711.5</v>'
    page = with_cell(parts, path, "conv1.out", "", sharing)[PAGE]
    # The first of those that share it is stored before them, and stands below and to the right.
    first = f'<c r="ZZ3000"><f t="shared" si="7" ref="A1:ZZ9999">{formula}</f><v>1</v></c>'
    rows = f'<sheetData><row r="3000">{first}</row>'.encode()
    write(path, {**parts, PAGE: swapped(page, b"<sheetData>", rows)})
    for options in ([], ["--json"]):
        assert call("check", path, *options) == 1
        output = capsys.readouterr()
        assert output.err == ""
        assert_harmless(output.out)


def many_cells(number, content):
    """Return rows of a thousand cells each, from row 3000 on."""
    rows = []
    for row in range(3_000, 3_000 + number // 1_000):
        cells = "".join(f'<c r="{one}{row}">{content}</c>' for one in thousand_columns())
        rows.append(f'<row r="{row}">{cells}</row>')
    return "".join(rows).encode()


@cache
def thousand_columns():
    return tuple(xlsx_column(number) for number in range(1, 1_001))


def test_row_of_millions_of_cells_is_judged_or_refused(parts, path):
    opening, cell = b'<row r="2000">', b'<c r="A2000"><v>1</v></c>'
    page = repeated(parts[PAGE], b"</sheetData>", cell, 2_000_000, opening, b"</row>")
    assert_bounded(run(write(path, {**parts, PAGE: page})))


def test_quarter_million_cells_beside_the_blocks_change_nothing(parts, path):
    page = before(parts[PAGE], b"</sheetData>", many_cells(250_000, "<v>1</v>"))
    assert_right(run(write(path, {**parts, PAGE: page})))


def test_million_cells_of_formulas_and_texts_are_judged_or_refused(parts, path):
    cell = b'<c r="A2000"><f>SUM(A1:B2)+17</f><is><t>seventeen</t></is></c>'
    page = repeated(parts[PAGE], b"</sheetData>", cell, 1_400_000, b'<row r="2000">', b"</row>")
    assert_bounded(run(write(path, {**parts, PAGE: page})))


def test_thousand_array_formulas_and_many_cells_are_judged_or_refused(parts, path):
    arrays = "".join(
        f'<c r="A2000"><f t="array" ref="A{n}:B{n}">1</f><v>1</v></c>' for n in range(1, 1_000)
    )
    rows = f'<row r="2000">{arrays}</row>'.encode() + many_cells(300_000, "<v>1</v>")
    page = before(parts[PAGE], b"</sheetData>", rows)
    assert_bounded(run(write(path, {**parts, PAGE: page})))


@pytest.mark.parametrize(("length", "cells"), [(8_000, 50_000), (30, 400_000)])
def test_shared_formula_of_very_many_cells_is_judged_or_refused(length, cells, parts, path):
    formula = "+".join(["A1"] * (length // 3))
    first = f'<row r="2000"><c r="A2000"><f t="shared" si="7" ref="A1:Z9">{formula}</f></c></row>'
    rows = first.encode() + many_cells(cells, '<f t="shared" si="7"/><v>1</v>')
    page = before(parts[PAGE], b"</sheetData>", rows)
    assert_bounded(run(write(path, {**parts, PAGE: page})))


def test_million_texts_are_judged_or_refused(parts, path):
    texts = b"".join(b"<si><t>text %d</t></si>" % number for number in range(1_000_000))
    strings = before(parts[STRINGS], b"</sst>", texts)
    assert_bounded(run(write(path, {**parts, STRINGS: strings})))


def test_numbers_so_large_that_all_overflows_earn_nothing(parts, path):
    page = parts[PAGE]
    for tensor in ("conv1.h", "conv1.w"):
        address = place_of(parts, path, tensor)
        page, count = re.subn(
            rf'(<c r="{address}"[^>]*>)<v>[^<]*'.encode(), rb"\g<1><v>1e308", page
        )
        assert count == 1
    # What was saved stands there as it was, and cannot be right any more.
    write(path, {**parts, PAGE: page})
    report = xlbackprop.check(path, engine="none")
    first = [cell for cell in report.cells if cell.tensor == "conv1.out"]
    assert report.verdict == "wrong"
    assert any(cell.index == (0, 0, 0) for cell in first)


# Links to elsewhere.


LINKED = {
    "sheet": (b'"worksheets/sheet2.xml"', 2),
    "texts": (b'"sharedStrings.xml"', 2),
    "another": (b'"theme/theme1.xml"', 0),
}


@pytest.mark.parametrize("kind", LINKED)
@pytest.mark.parametrize("mode", [' TargetMode="External"', ""], ids=["external", "internal"])
def test_link_to_elsewhere_is_not_followed(mode, kind, parts, traps, tmp_path):
    pipe, address = traps
    old, status = LINKED[kind]
    paths = []
    targets = [str(pipe), f"file://{pipe}", f"../../../../../../../../..{pipe}", address]
    for number, target in enumerate(targets):
        link = swapped(parts[BOOK_RELS], old, f'"{target}"{mode}'.encode())
        paths.append(write(tmp_path / f"{number}.xlsx", {**parts, BOOK_RELS: link}))
    assert run_each(paths) == [status] * len(targets)


# Nothing that a terminal would obey.

ODD = "\u009b31m\u009d0;x\u009c\u202e\u200f\u2028\x7f"


def test_sheet_s_name_is_shown_inert(parts, path):
    page = with_cell(parts, path, "conv1.out", "", "<v>4711.5</v>")
    odd = f"c{ODD}"
    book = page[BOOK].decode().replace(">conv1!", f">'{odd}'!")
    book = book.replace('name="conv1" sheetId', f'name="{odd}" sheetId')
    write(path, {**page, BOOK: book.encode()})
    outcome = run(path)
    assert_bounded(outcome)
    assert outcome.status == 1
    assert "conv1.out" in outcome.out
    for command in (["inspect"], ["check", "--json"]):
        assert_bounded(run(path, *command))


@pytest.mark.parametrize("tensor", ["conv1.out", "conv1.h"])
@pytest.mark.parametrize("text", [ODD, "_x001B_[31m", "[red]x", "a\nb\r\nc\td", "\ufdd0\uffff"[:1]])
def test_text_in_a_cell_is_shown_inert(text, tensor, parts, path):
    content = f"<is><t>{text}</t></is>"
    write(path, with_cell(parts, path, tensor, ' t="inlineStr"', content))
    outcome = run(path)
    assert_bounded(outcome)
    assert outcome.status == 1


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        pytest.param(BOOK_RELS, "worksheets/sheet2.xml", f"worksheets/{ODD}.xml", id="part"),
        pytest.param(BOOK, ">conv1!$X$11:$Z$13", f">'{ODD}'!$X$11:$Z$13", id="sheet-of-a-name"),
        pytest.param(PAGE, 'r="B1"', f'r="{ODD}"', id="address"),
        pytest.param(STRINGS, 'type = "conv2d"', f'type = "{ODD}"', id="layer-s-type"),
        pytest.param(STRINGS, "filters = 3", f'"{ODD}" = 3', id="layer-s-key"),
        pytest.param(STRINGS, 'name = "conv5x5x2"', f'name = "{ODD}"', id="spec-s-name"),
        pytest.param(STRINGS, 'name = "conv5x5x2"', f"name = {ODD}", id="broken-toml"),
    ],
)
def test_complaint_about_an_odd_text_is_inert(part, old, new, parts, path):
    content = swapped(parts[part].decode(), old, new)
    assert_refused(run(write(path, {**parts, part: content.encode()})))


# Accidents.


def nasty(chance):
    numbers = ["-1", "0", "1e999", "99999999999999999999", "", "NaN", "1048577", "4294967296"]
    return chance.choice([*numbers, "A" * 300, "&#0;", "&amp;", "<", "\ufffe", "rId1", "s", "e"])


def damage_bytes(content, chance):
    content = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def damage_slices(content, chance):
    first, second = sorted(chance.randrange(len(content)) for _ in range(2))
    second = min(second, first + 2_000)
    piece = content[first:second]
    return content[:first] + piece * chance.choice([0, 2, 5]) + content[second:]


def damage_pattern(pattern):
    def damage(content, chance):
        found = list(re.finditer(pattern, content))
        for one in chance.sample(found, min(len(found), 1)):
            content = content[: one.start(1)] + nasty(chance).encode() + content[one.end(1) :]
        return content

    return damage


INSIDE = {
    "bytes": damage_bytes,
    "slices": damage_slices,
    "numbers": damage_pattern(rb"(\d+)"),
    "attributes": damage_pattern(rb'="([^"]*)"'),
    "texts": damage_pattern(rb">([^<]+)<"),
    "tags": damage_pattern(rb"</?(\w+)"),
}


def assert_judged_or_refused(path):
    """Assert that the library gives a report, or an error that is the user's, and nothing else."""
    for judge in (xlbackprop.check, xlbackprop.inspect):
        message = ""
        try:
            json.dumps(judge(path).to_dict(), allow_nan=False)
        except XlbackpropError as error:
            message = str(error)
        assert message.isprintable()


@pytest.mark.parametrize("kind", INSIDE)
@pytest.mark.parametrize("seed", range(4))
def test_workbook_damaged_inside_is_judged_or_refused(kind, seed, parts, path):
    chance = random.Random(f"{kind} {seed}")
    weighted = [PAGE, HIDDEN, STRINGS, BOOK, BOOK_RELS, ROOT_RELS, CONTENT_TYPES]
    for _ in range(12):
        part = chance.choice(weighted)
        write(path, {**parts, part: INSIDE[kind](parts[part], chance)})
        assert_judged_or_refused(path)


@pytest.mark.parametrize("region", ["anywhere", "directory", "headers"])
@pytest.mark.parametrize("seed", range(4))
def test_archive_damaged_is_judged_or_refused(region, seed, parts, path):
    chance = random.Random(f"{region} {seed}")
    whole = write(path, parts).read_bytes()
    directory = whole.index(b"PK\1\2")
    heads = [found.start() for found in re.finditer(b"PK\3\4", whole[:directory])]
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = {
                "anywhere": lambda: chance.randrange(len(whole)),
                "directory": lambda: chance.randrange(directory, len(whole)),
                "headers": lambda: chance.choice(heads) + chance.randrange(50),
            }[region]()
            content[at] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        assert_judged_or_refused(path)


def test_archive_whose_part_has_an_unreadable_name_is_refused(parts, path):
    whole = bytearray(write(path, {**parts, "xl/é.xml": b"<a/>"}).read_bytes())
    for found in re.finditer(re.escape("é".encode()), bytes(whole)):
        whole[found.start()] = 0xFF
    path.write_bytes(whole)
    assert_refused(run(path), "damaged")
