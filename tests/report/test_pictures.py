"""Figures: what is drawn is what the network or the workbook has, and one can read it."""

import subprocess
import sys

import lxml.etree
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch
from matplotlib.text import Text

import xlbackprop
from tests.support.filling import fill
from tests.support.program import environment
from xlbackprop.__main__ import main
from xlbackprop.layout import sheet_contents
from xlbackprop.layout.graph import draw_graph
from xlbackprop.network.values import choose_values
from xlbackprop.report.pictures.canvas import BACKWARD, COLOURS, FORWARD
from xlbackprop.report.pictures.graph import graph
from xlbackprop.report.pictures.heat_maps import heat_maps
from xlbackprop.report.pictures.loss import loss
from xlbackprop.report.pictures.numbers import numbers_of

READABLE = 4.5  # WCAG AA
BEGINNINGS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
# What is drawn, and of what.
KINDS = {
    "graph": "residual-block",
    "conv1.dL_dw": "conv5x5x2",
    "dense1": "mlp-2-2-2",
    "loss": "xor",
}


def network_of(name):
    return xlbackprop.build_network(xlbackprop.load_spec(name))


def map_of(source, tensor):
    numbers = numbers_of(source)
    return heat_maps(numbers, "", [("", [numbers.network.tensors[tensor]])])


def entries(figure):
    """Return the texts that are in cells: those that are centred on an image."""
    (axes,) = figure.axes
    found = []
    for text in axes.texts:
        x, y = text.get_position()
        inside = [
            image for image in axes.images
            if image.get_extent()[0] < x < image.get_extent()[1]
            and image.get_extent()[3] < y < image.get_extent()[2]
        ]  # fmt: skip
        found += [(text, image) for image in inside]
    return found


def colour_under(text, image):
    left, right, bottom, top = image.get_extent()
    colours = image.get_array()
    x, y = text.get_position()
    row = int((y - top) / (bottom - top) * colours.shape[0])
    return colours[row, int((x - left) / (right - left) * colours.shape[1])][:3]


def contrast(one, other):
    lights = []
    for colour in (one, other):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(lights) / min(lights)


DRAWN = [*((what, "svg") for what in KINDS), ("loss", "png"), ("loss", "pdf")]


@pytest.mark.slow(quick=["conv1.dL_dw-svg"])
@pytest.mark.parametrize(("what", "form"), DRAWN, ids=map("-".join, DRAWN))
def test_each_form_is_a_file_of_its_kind_and_the_same_again(what, form, tmp_path):
    paths = [tmp_path / f"{number}.{form}" for number in (1, 2)]
    for path in paths:
        assert xlbackprop.picture(KINDS[what], path, what) == path
    first, second = (path.read_bytes() for path in paths)
    assert first.startswith(BEGINNINGS[form])
    assert first == second
    if form == "svg":
        tree = lxml.etree.fromstring(first)
        assert not tree.findall(".//{*}script")
        assert "title" in {lxml.etree.QName(one).localname for one in tree.iter("{*}title")}


def test_map_shows_every_entry_in_its_place_and_colour():
    tensor = "conv1.dL_dw"
    network = network_of("conv5x5x2")
    array = network.evaluate(choose_values(network))[tensor]
    figure = map_of("conv5x5x2", tensor)
    (axes,) = figure.axes
    shown = {
        (round(text.get_position()[0], 3), round(text.get_position()[1], 3)): text
        for text, _ in entries(figure)
    }
    assert len(shown) == array.size
    assert len(axes.images) == 6
    # As on the page: c goes down, k across.
    in_order = [shown[place].get_text() for place in sorted(shown, key=lambda xy: (xy[1], xy[0]))]
    expected = array.transpose(1, 2, 0, 3).ravel().tolist()
    assert [float(text) for text in in_order] == pytest.approx(expected, abs=0.5)
    for text, image in entries(figure):
        red, _, blue = colour_under(text, image)
        number = float(text.get_text())
        assert np.sign(red - blue) == np.sign(number) or abs(number) < 3


def test_numbers_can_be_read_on_every_colour():
    figure = map_of("conv5x5x2", "conv1.dL_dh")
    for text, image in entries(figure):
        assert contrast(to_rgb(text.get_color()), colour_under(text, image)) >= READABLE
    for share in np.linspace(0, 1, 101):
        colour = COLOURS(share)[:3]
        assert max(contrast(colour, (0, 0, 0)), contrast(colour, (1, 1, 1))) >= READABLE
    assert contrast(to_rgb(FORWARD), (1, 1, 1)) >= READABLE
    assert contrast(to_rgb(BACKWARD), (1, 1, 1)) >= READABLE


def test_large_tensor_is_an_image_without_numbers():
    figure = map_of("digit", "conv1.h")
    assert not entries(figure)
    (image,) = figure.axes[0].images
    assert image.get_array().shape == (28, 28, 4)


def test_map_of_a_workbook_has_what_was_typed_and_is_grey_where_nothing_was(tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "mine.xlsx", blank=["dense1.dL_dw"])
    fill(path, {("dense1.dL_dw", (0, 1)): 7.25, ("dense1.dL_dw", (1, 1)): -2})
    figure = map_of(path, "dense1.dL_dw")
    assert [text.get_text() for text, _ in entries(figure)] == ["7.25", "-2.00"]
    (image,) = figure.axes[0].images
    grey = image.get_array()[0, 0]
    assert grey[0] == pytest.approx(grey[2], abs=0.03)
    assert grey[0] < 0.95


@pytest.mark.slow
def test_sheet_has_all_its_tensors_in_their_bands():
    network = network_of("lstm")
    (content,) = sheet_contents(network)
    figure = heat_maps(numbers_of("lstm"), content.title, content.bands)
    written = [text.get_text() for text in figure.axes[0].texts]
    for title, tensors in content.bands:
        assert title in written
        assert all(tensor.title in written for tensor in tensors)
    width, height = figure.get_size_inches()
    canvas = FigureCanvasAgg(figure)
    for text in figure.axes[0].texts:
        box = text.get_window_extent(canvas.get_renderer())
        assert box.x0 >= 0
        assert box.x1 <= width * figure.dpi, text.get_text()
        assert box.y0 >= 0
        assert box.y1 <= height * figure.dpi


@pytest.mark.slow
def test_curve_is_that_of_the_losses():
    network = network_of("xor")
    losses = network.evaluate(choose_values(network))["training.L"].ravel()
    (line,) = loss(numbers_of("xor")).axes[0].lines
    assert np.array_equal(line.get_ydata(), losses)
    assert list(line.get_xdata()) == list(range(1, 21))


@pytest.mark.slow(quick=["residual-block"])
@pytest.mark.parametrize("name", ["residual-block", "gpt-mini"])
def test_graph_has_every_arrow_and_no_text_sticks_out_of_its_box(name):
    network = network_of(name)
    drawing = draw_graph(network)
    figure = graph(network)
    (axes,) = figure.axes
    arrows = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == len(drawing.lines)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    to_pixels = drawing.width / (figure.get_size_inches()[0] * figure.dpi)
    texts = {}
    for text in figure.findobj(Text):
        extent = text.get_window_extent(canvas.get_renderer())
        if text.get_text():
            high = figure.get_size_inches()[1] * figure.dpi
            middle = (extent.y0 + extent.y1) / 2
            texts.setdefault(text.get_text(), []).append((extent, high - middle))
    for box in drawing.boxes:
        for runs in box.lines:
            for words, _ in runs:
                fitting = [
                    extent
                    for extent, y in texts[words.replace(" ", "\N{NO-BREAK SPACE}")]
                    if box.y <= y * to_pixels <= box.bottom
                    and box.x - 1 <= extent.x0 * to_pixels
                    and extent.x1 * to_pixels <= box.right + 1
                ]
                assert fitting, f"{words} in {box}"


# What cannot be drawn.


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["conv5x5x2", "-o", "x.jpg"], "x.jpg: expected a file that ends in .svg, .png, .pdf"),
        (["conv5x5x2", "conv1.dLdw", "-o", "x.svg"], "no picture of 'conv1.dLdw': expected graph"),
        (["conv5x5x2", "conv1.dLdw", "-o", "x.svg"], "did you mean"),
        (["conv5x5x2", "loss", "-o", "x.svg"], "conv5x5x2 has no [training]"),
        (["conv5x5", "-o", "x.svg"], "conv5x5"),
        (["garbage.xlsx", "-o", "x.svg"], "garbage.xlsx"),
        (["lenet5", "dense1", "-o", "there.svg"], "there.svg exists already"),
        (["spec.toml", "conv1.w", "-o", "x.svg"], "2,400 blocks, more than 400"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(
    arguments, complaint, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "garbage.xlsx").write_bytes(b"nothing")
    (tmp_path / "there.svg").write_text("mine")
    (tmp_path / "spec.toml").write_text(
        'name = "many"\ninput = [60, 3, 3]\n[[layers]]\ntype = "conv2d"\nfilters = 40\nkernel = 1\n'
        '[loss]\ntype = "mse"\n'
    )
    assert main(["picture", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert complaint in line
    assert (tmp_path / "there.svg").read_text() == "mine"
    assert not (tmp_path / "x.svg").exists()


def test_without_the_library_it_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["picture", "conv5x5x2", "-o", str(tmp_path / "x.svg")]) == 2
    assert "pip install 'xlbackprop[pictures]'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_build_imports_no_plotting_library(tmp_path):
    code = (
        "import sys, xlbackprop\n"
        f"xlbackprop.build('mlp-2-2-2', {str(tmp_path / 'page.xlsx')!r})\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], env=environment(), check=True)
