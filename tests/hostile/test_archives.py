"""Archives that are traps."""

import re
import struct
import zipfile

import pytest

from tests.support.hostile_workbooks import (
    BOOK,
    CONTENT_TYPES,
    HIDDEN,
    PAGE,
    STRINGS,
    Packed,
    packed,
    write,
)
from tests.support.watched_program import assert_bounded, assert_refused, assert_right, run


@pytest.mark.hostile(quick=["xl/worksheets/sheet2.xml"])
@pytest.mark.parametrize("part", [PAGE, HIDDEN, STRINGS, BOOK, CONTENT_TYPES, "xl/media/a.png"])
def test_zip_that_unpacks_to_a_gigabyte_is_refused(part, parts, path):
    bomb = {**parts, part: packed(b"", b"\0", 1_000_000_000, b"")}
    assert write(path, bomb).stat().st_size < 5_000_000
    assert_refused(run(path))


@pytest.mark.hostile
def test_zip_of_many_parts_that_unpack_to_a_gigabyte_is_refused(parts, path):
    half = packed(b"", b" ", 2_000_000, b"")
    bomb = {**parts, **{f"xl/media/{number}.png": half for number in range(500)}}
    assert_refused(run(write(path, bomb)))


@pytest.mark.hostile(quick=["xl/worksheets/sheet2.xml"])
@pytest.mark.parametrize("part", [PAGE, HIDDEN, STRINGS, BOOK])
def test_zip_whose_header_hides_a_gigabyte_is_refused(part, parts, path):
    bomb = packed(parts[part], b" ", 1_000_000_000, b"")
    lie = Packed(bomb.deflated, len(parts[part]), bomb.crc)
    assert_refused(run(write(path, {**parts, part: lie})), "damaged")


@pytest.mark.hostile
def test_zip_of_a_million_parts_is_refused(path):
    info = zipfile.ZipInfo("a")
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", *[0] * 16) + b""
    entry = entry[:28] + struct.pack("<H", 1) + entry[30:46] + info.filename.encode()
    directory = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory), 30, 0)
    path.write_bytes(b"PK\3\4".ljust(30, b"\0") + directory + end)
    assert_refused(run(path))


@pytest.mark.hostile
def test_ods_with_a_swollen_mimetype_is_refused(parts, path):
    bomb = packed(b"application/vnd.oasis.opendocument.spreadsheet", b" ", 240_000_000, b"")
    assert_refused(run(write(path, {"mimetype": bomb, **parts})))


@pytest.mark.hostile
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


@pytest.mark.hostile
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
