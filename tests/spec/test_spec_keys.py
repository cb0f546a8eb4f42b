"""What is said of a bad spec: its keys and their values."""

import pytest

from tests.support.spec_texts import GOOD, HEAD, LAYER, LOSS, complaint, swapped, with_option


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("inpt = 3\n" + GOOD, ["'inpt'", "input"], id="top"),
        pytest.param(with_option("kernal = 3"), ["conv1", "'kernal'", "kernel"], id="layer"),
        pytest.param(
            with_option('name = "first"\nstrid = 3'), ["first", "'strid'", "stride"], id="named"
        ),
        pytest.param(GOOD + "[values]\nsed = 3\n", ["[values]", "'sed'", "seed"], id="values"),
        pytest.param(
            swapped('type = "given"', 'type = "mse"\nreducton = "sum"'),
            ["[loss]", "'reducton'", "reduction"],
            id="loss",
        ),
    ],
)
def test_unknown_key_is_named_with_its_place_and_the_right_one(text, words):
    message = complaint(text)
    assert all(word in message for word in words), message


def test_unknown_key_where_none_is_known_gets_no_empty_suggestion():
    assert "(known: )" not in complaint(GOOD + 'reduction = "sum"\n')


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("filters", value) for value in ("true", "1.5", "-1", "0", '"3"', "[3]", "1e3", "nan")),
        *(("kernel", value) for value in ("true", "2.0", "0", '"3x3"', "[3]", "[3, 3, 3]")),
        *(("kernel", value) for value in ("[3, 0]", "[3, true]", "[]", "{ rows = 3 }")),
        *(("stride", value) for value in ("0", "-2", "false", "[1, 0]", '"1"')),
        *(
            ("padding", value)
            for value in ("-1", "true", "0.0", "[0, -1]", '"valid"', "[[1, 1]]", "[[1], [1, 1]]")
        ),
        *(("dilation", value) for value in ("0", "true", "1.0", "[2, 0]")),
        *(("groups", value) for value in ("0", "-1", "true", "1.0", '"all"', "[1, 1]")),
        *(("bias", value) for value in ("1", "0", '"yes"', "[true]")),
        *(("filters", value) for value in (str(10**30), "9223372036854775807", "1979-05-27")),
    ],
)
def test_layer_s_option_of_the_wrong_kind_is_named_with_layer_and_key(key, value):
    message = complaint(with_option(f"{key} = {value}"))
    assert '"conv1"' in message
    assert key in message
    assert "expected" in message


@pytest.mark.parametrize(
    ("option", "shown"),
    [("filters = -17", "-17"), ("bias = 4711", "4711"), ('padding = "valid"', "valid")],
)
def test_layer_s_option_of_the_wrong_kind_is_shown(option, shown):
    assert shown in complaint(with_option(option))


@pytest.mark.parametrize("key", ["filters", "kernel"])
def test_layer_without_a_required_option_is_told_which(key):
    message = complaint(swapped(f"{key} = 3\n", ""))
    assert '"conv1"' in message
    assert f"'{key}'" in message


@pytest.mark.parametrize(
    "value",
    [
        *("[]", "[0, 5, 5]", "[-2, 5, 5]", "[1, 2, 3, 4]", "[[2, 5, 5]]", f"[2, 5, {10**30}]"),
        *("[2, 5.0, 5]", "[inf, 5, 5]", "[true, 5, 5]", "5", '"2x5x5"', "{}"),
    ],
)
def test_input_that_is_no_shape_is_refused(value):
    message = complaint(swapped("[2, 5, 5]", value))
    assert "input" in message
    assert "[2, 5, 5]" in message  # an example of a right one


@pytest.mark.parametrize("sizes", ["[5]", "[5, 5]"])
def test_input_without_channels_is_refused_by_a_convolution(sizes):
    message = complaint(swapped("[2, 5, 5]", sizes))
    assert '"conv1"' in message
    assert "input" in message
    assert sizes in message


@pytest.mark.parametrize("value", ["0", "-1", "true", "2.5", '"4"', "[4]", str(10**30)])
def test_batch_that_is_no_count_is_refused(value):
    assert "batch = " in complaint(f"batch = {value}\n" + GOOD)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param(swapped('name = "small"\n', ""), "name", id="no-name"),
        pytest.param(swapped('"small"', "5"), "name", id="name-is-a-number"),
        pytest.param(swapped('"small"', '""'), "name", id="name-is-empty"),
        pytest.param(swapped('"small"', '"../up"'), "name", id="name-is-a-path"),
        pytest.param(swapped('"small"', '"a/b"'), "name", id="name-with-a-slash"),
        pytest.param(swapped('"small"', r'"a\nb"'), "name", id="name-of-two-lines"),
        pytest.param(swapped('"small"', f'"{"x" * 81}"'), "name", id="name-is-long"),
        pytest.param(swapped("input = [2, 5, 5]\n", ""), "input", id="no-input"),
        pytest.param(HEAD, "layers", id="no-layers"),
        pytest.param(HEAD + "layers = []\n", "layers", id="layers-are-empty"),
        pytest.param(HEAD + "layers = 3\n", "layers", id="layers-are-a-number"),
        pytest.param(HEAD + "layers = [1, 2]\n", "layers", id="layers-are-numbers"),
        pytest.param(HEAD + "[layers]\n", "layers", id="layers-are-a-table"),
        pytest.param(swapped('type = "conv2d"\n', ""), "type", id="layer-without-type"),
        pytest.param(swapped('"conv2d"', "2"), "type", id="layer-s-type-is-a-number"),
        pytest.param(swapped('"given"', "2"), "type", id="loss-s-type-is-a-number"),
        pytest.param(HEAD + "loss = 3\n" + LAYER, "loss", id="loss-is-a-number"),
        pytest.param(HEAD + LAYER + "[loss]\n", "type", id="loss-without-type"),
        pytest.param("about = 3\n" + GOOD, "about", id="about-is-a-number"),
        pytest.param("values = 3\n" + GOOD, "values", id="values-are-a-number"),
        pytest.param(GOOD + "[values]\nseed = -1\n", "seed", id="seed-is-negative"),
        pytest.param(GOOD + "[values]\nseed = true\n", "seed", id="seed-is-true"),
        pytest.param(GOOD + "[values]\nseed = 1.5\n", "seed", id="seed-is-a-fraction"),
        pytest.param(GOOD + '[values]\nseed = "x"\n', "seed", id="seed-is-a-text"),
        pytest.param(GOOD + '[values]\nstyle = "gauss"\n', "gauss", id="style-is-unknown"),
        pytest.param(GOOD + "[values]\nstyle = []\n", "style", id="style-is-a-list"),
        pytest.param(GOOD + "[values]\narrays = 3\n", "arrays", id="arrays-are-a-number"),
        pytest.param("", "name", id="empty"),
    ],
)
def test_missing_or_unusable_part_is_named(text, word):
    assert word in complaint(text)


def test_unknown_layer_type_suggests_the_right_one():
    message = complaint(swapped('"conv2d"', '"conv2"'))
    assert "layer 1" in message
    assert "'conv2'" in message
    assert "conv2d" in message.replace("'conv2'", "")


def test_unknown_loss_type_is_named_with_those_there_are():
    message = complaint(swapped('"given"', '"entropic"'))
    assert all(word in message for word in ("[loss]", "'entropic'", "given", "mse"))


@pytest.mark.parametrize(
    "name",
    [
        *("1abc", "a b", "a.b", "a'b", "a!b", "", "é", "_x", "x" * 26, "[x]", "a/b"),
        *("Overview", "OVERVIEW", "loss", "input", "training", "step2", "history", "TRUE"),
    ],
)
def test_layer_name_that_cannot_be_a_sheet_or_a_name_is_refused(name):
    message = complaint(with_option(f'name = "{name}"'))
    assert "layer 1" in message
    assert "name" in message


@pytest.mark.parametrize("value", ["3", "true", '["a"]', "1979-05-27"])
def test_layer_name_that_is_no_text_is_refused(value):
    assert "name" in complaint(with_option(f"name = {value}"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param('name = "a1b"\n', 'name = "a1b"\n', id="same"),
        pytest.param('name = "Edge"\n', 'name = "eDGE"\n', id="differ-in-case-only"),
        pytest.param('name = "CONV2"\n', "", id="same-as-a-default"),
    ],
)
def test_layer_name_that_occurs_twice_is_refused(first, second):
    message = complaint(HEAD + LAYER + first + LAYER + second + LOSS)
    assert "layer 2" in message
    assert "name" in message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(HEAD + "filters 3\n", 3, id="no-equals-sign"),
        pytest.param(HEAD + 'about = "open\n', 3, id="open-text"),
        pytest.param(HEAD + 'name = "again"\n', 3, id="key-twice"),
        pytest.param(GOOD + "kernel = 03\n", 9, id="leading-zero"),
    ],
)
def test_broken_toml_is_reported_with_its_line(text, line):
    message = complaint(text)
    assert "TOML" in message
    assert f"line {line}" in message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a = " + "[" * 20_000, id="open-lists"),
        pytest.param("a = " + "{b=" * 20_000, id="open-tables"),
        pytest.param("batch" + ".a" * 2_000 + " = 1\n" + GOOD, id="dotted-key"),
        pytest.param(f"batch = {'9' * 5_000}\n" + GOOD, id="number-of-5000-digits"),
        pytest.param(f"batch = 0x{'f' * 5_000}\n" + GOOD, id="number-of-5000-hex-digits"),
        pytest.param(with_option(f"filters = 0x{'f' * 5_000}"), id="option-of-5000-hex-digits"),
        pytest.param(GOOD + "#" * 9_000_000, id="nine-megabytes"),
        pytest.param(HEAD + LAYER * 2_000, id="two-thousand-layers"),
        pytest.param("\x00", id="control-character"),
        pytest.param("\ud800 = 1", id="lone-surrogate"),
    ],
)
def test_text_that_is_an_attack_rather_than_a_spec_is_refused(text):
    assert len(complaint(text)) < 1_000
