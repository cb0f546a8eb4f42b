"""Numbers as people type them: what is read in a text, and what is not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlbackprop.workbook.read.numerals import Kind, is_seen, read_numeral, read_text

SPACES = [
    "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{THIN SPACE}", "\N{IDEOGRAPHIC SPACE}",
]  # fmt: skip
DASHES = [
    "-", "\N{MINUS SIGN}", "\N{EN DASH}", "\N{EM DASH}", "\N{HYPHEN}", "\N{NON-BREAKING HYPHEN}",
    "\N{FIGURE DASH}", "\N{SMALL HYPHEN-MINUS}", "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{HORIZONTAL BAR}", "\N{HYPHEN BULLET}", "\N{SUPERSCRIPT MINUS}", "\N{SUBSCRIPT MINUS}",
    "\N{MODIFIER LETTER MINUS SIGN}", "\N{HEAVY MINUS SIGN}", "\N{ARMENIAN HYPHEN}",
]  # fmt: skip
UNSEEN = [
    "\N{ZERO WIDTH SPACE}", "\N{ZERO WIDTH NO-BREAK SPACE}", "\N{LEFT-TO-RIGHT MARK}",
    "\N{WORD JOINER}", "\N{SOFT HYPHEN}", "\N{RIGHT-TO-LEFT EMBEDDING}", "\N{ZERO WIDTH JOINER}",
]  # fmt: skip


@pytest.mark.parametrize("space", ["", " ", *SPACES], ids=lambda s: s and f"U+{ord(s):04X}")
def test_dash_is_a_minus_sign_whatever_stands_after_it(space):
    assert {read_numeral(f"{dash}{space}149.58") for dash in DASHES} == {-149.58}


@pytest.mark.parametrize("mark", UNSEEN, ids=lambda mark: f"U+{ord(mark):04X}")
def test_what_is_not_seen_changes_nothing(mark):
    text = "-149.58"
    assert {read_numeral(text[:at] + mark + text[at:]) for at in range(8)} == {-149.58}
    assert not is_seen(mark)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("'-149.58", -149.58),
        ("149,58", 149.58),
        (",5", 0.5),
        ("5.", 5.0),
        ("+5", 5.0),
        ("1e-3", 0.001),
        ("1.5E+02", 150.0),
        ("-1.5x10^2", -150.0),
        ("\N{MINUS SIGN}1,5 \N{MULTIPLICATION SIGN} 10^(-2)", -0.015),
        ("2\N{MIDDLE DOT}10\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT THREE}", 0.002),
        ("2*10\N{SUPERSCRIPT TWO}", 200.0),
        ("\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH FULL STOP}\N{FULLWIDTH DIGIT FIVE}", 1.5),
        ("\N{ARABIC-INDIC DIGIT THREE}\N{ARABIC-INDIC DIGIT FOUR}", 34.0),
        ("-149.58_x000D_", -149.58),
        ("-149.58_x000D_\n", -149.58),
        ("-149.58\r\n", -149.58),
        ("\t-149.58 ", -149.58),
        ("1 234", 1234.0),
        ("1\N{NARROW NO-BREAK SPACE}234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("1\N{RIGHT SINGLE QUOTATION MARK}234\N{RIGHT SINGLE QUOTATION MARK}567", 1234567.0),
        ("1,234,567", 1234567.0),
        ("1.234.567,8", 1234567.8),
        ("-1,234.5", -1234.5),
        ("0,123", 0.123),
        ("1234,567", 1234.567),
        (
            "\N{ARABIC-INDIC DIGIT THREE}\N{ARABIC DECIMAL SEPARATOR}\N{ARABIC-INDIC DIGIT FOUR}",
            3.4,
        ),
    ],
)
def test_number_is_read(text, number):
    reading = read_text(text)
    assert (reading.kind, reading.numbers) == (Kind.NUMBER, (number,))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,234", (1.234, 1234.0)),
        ("-12.345", (-12.345, -12345.0)),
        ("123,456", (123.456, 123456.0)),
        ("(149.58)", (-149.58, 149.58)),
        ("( 2,5 )", (-2.5, 2.5)),
    ],
)
def test_number_that_may_mean_two_has_both_readings(text, numbers):
    reading = read_text(text)
    assert (reading.kind, reading.numbers) == (Kind.NUMBER, numbers)


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("59.33%", Kind.PERCENTAGE, 0.5933),
        ("-5 %", Kind.PERCENTAGE, -0.05),
        ("59,33\N{NO-BREAK SPACE}%", Kind.PERCENTAGE, 0.5933),
        ("12\N{FULLWIDTH PERCENT SIGN}", Kind.PERCENTAGE, 0.12),
        ("1/2", Kind.FRACTION, 0.5),
        ("-3/4", Kind.FRACTION, -0.75),
        ("1 1/2", Kind.FRACTION, 1.5),
        ("-2 1/4", Kind.FRACTION, -2.25),
        ("\N{VULGAR FRACTION ONE HALF}", Kind.FRACTION, 0.5),
        ("1\N{VULGAR FRACTION THREE QUARTERS}", Kind.FRACTION, 1.75),
        ("1\N{FRACTION SLASH}2", Kind.FRACTION, 0.5),
    ],
)
def test_percentage_and_fraction_are_read(text, kind, number):
    reading = read_text(text)
    assert reading.kind is kind
    assert reading.numbers == pytest.approx((number,))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", Kind.NOTHING),
        (" \N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}", Kind.NOTHING),
        ("'", Kind.NOTHING),
        ("\N{BRAILLE PATTERN BLANK}\N{HANGUL FILLER}", Kind.NOTHING),
        ("{=SUM(A1:A3*B1:B3)}", Kind.FORMULA),
        ("(=A1)", Kind.TEXT),
        ("(-5)", Kind.TEXT),
        ("12.05.", Kind.DATE),
        ("2005-12", Kind.DATE),
        ("=A1+B1", Kind.FORMULA),
        (" =SUM(A1:A3)", Kind.FORMULA),
        ("\N{FULLWIDTH EQUALS SIGN}A1", Kind.FORMULA),
        ("1e400", Kind.TOO_LARGE),
        ("-1E999", Kind.TOO_LARGE),
        ("05.12.2005", Kind.DATE),
        ("2026-01-01", Kind.DATE),
        ("2026-01-01T00:00:00", Kind.DATE),
        ("Dec-05", Kind.DATE),
        ("12. Mai", Kind.DATE),
        ("5-Dec", Kind.DATE),
        ("12:30", Kind.TEXT),
        ("1 2", Kind.TEXT),
        ("1,23,456", Kind.TEXT),
        ("1,234,5", Kind.TEXT),
        ("1.234.5", Kind.TEXT),
        ("--1", Kind.TEXT),
        ("1-", Kind.TEXT),
        ("0x10", Kind.TEXT),
        ("1_000", Kind.TEXT),
        ("nan", Kind.TEXT),
        ("inf", Kind.TEXT),
        ("5\N{SUPERSCRIPT TWO}", Kind.TEXT),
        ("x", Kind.TEXT),
        ("2*102", Kind.TEXT),
        ("x10^2", Kind.TEXT),
        ("1e400*10^2", Kind.TEXT),
        ("%", Kind.TEXT),
        ("1/0", Kind.TEXT),
        ("TRUE", Kind.TEXT),
        ("9" * 100, Kind.TEXT),
    ],
)
def test_what_is_no_number_is_told_apart(text, kind):
    assert read_text(text).kind is kind
    assert read_numeral(text) is None


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error_and_never_as_an_infinite_number(text):
    assert all(map(math.isfinite, read_text(text).numbers))


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_any_number_that_python_writes_is_read(number):
    assert read_text(repr(number)).numbers[0] == number
