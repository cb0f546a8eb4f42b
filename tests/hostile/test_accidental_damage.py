"""Workbooks damaged by accident: judged or refused, never a crash."""

import json
import random
import re

import pytest

import xlbackprop
from tests.support.hostile_workbooks import (
    BOOK,
    BOOK_RELS,
    CONTENT_TYPES,
    HIDDEN,
    PAGE,
    ROOT_RELS,
    STRINGS,
    write,
)
from tests.support.watched_program import assert_refused, run
from xlbackprop.errors import XlbackpropError


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


@pytest.mark.hostile(quick=["0-bytes", "1-numbers"])
@pytest.mark.parametrize("kind", INSIDE)
@pytest.mark.parametrize("seed", range(4))
def test_workbook_damaged_inside_is_judged_or_refused(kind, seed, parts, path):
    chance = random.Random(f"{kind} {seed}")
    weighted = [PAGE, HIDDEN, STRINGS, BOOK, BOOK_RELS, ROOT_RELS, CONTENT_TYPES]
    for _ in range(12):
        part = chance.choice(weighted)
        write(path, {**parts, part: INSIDE[kind](parts[part], chance)})
        assert_judged_or_refused(path)


@pytest.mark.hostile(quick=["0-anywhere"])
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
