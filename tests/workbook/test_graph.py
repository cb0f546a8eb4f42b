"""The drawing of the computational graph: all of it is there, nothing covers anything else."""

import zipfile
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
import tomli_w

import xlbackprop
from tests.support import networks_by_layer as cases
from tests.support.marked_copies import audit, marked_copy
from xlbackprop.layout.graph import Way, draw_graph
from xlbackprop.layout.graph.connections import connections, nodes_of
from xlbackprop.layout.graph.drawing import LINE_HEIGHT, NAME, width_of

BRANCHED = {
    f"{group}-{name}": raw
    for groups in (cases.LAYERS, cases.SHARING)
    for group in ("add", "multiply", "concat", "matmul")
    for name, raw in groups.get(group, {}).items()
}
PRINTED = 913  # pixels of the Overview, from column B on
LONG = "a_name_of_twenty_letters"  # and a digit: the longest there are


def spec_of(name):
    if name in BRANCHED:
        return xlbackprop.parse_spec(tomli_w.dumps(BRANCHED[name]))
    return xlbackprop.load_spec(name)


def many_layers(number):
    """Return a spec in which every third layer adds what went by."""
    layers = []
    for at in range(number):
        one = {"type": "dense", "units": 3, "name": f"d{at}"}
        if at % 3 == 2:
            one = {"type": "add", "name": f"d{at}", "from": [f"d{at - 1}", f"d{at - 3}"]}
            one["from"][1:] = [] if at < 3 else one["from"][1:]
            if at < 3:
                one = {"type": "tanh", "name": f"d{at}"}
        layers.append(one)
    raw = {"name": "many", "input": [3], "layers": layers, "loss": {"type": "mse"}}
    return xlbackprop.parse_spec(tomli_w.dumps(raw))


def rectangle(one):
    if hasattr(one, "look"):
        return one.x, one.y, one.right, one.bottom
    (x, y), half = one.middle, one.width / 2
    return x - half, y - LINE_HEIGHT / 2, x + half, y + LINE_HEIGHT / 2


def overlap(one, other):
    """Return whether two rectangles have more than an edge in common."""
    (a, b, c, d), (e, f, g, h) = one, other
    return max(a, e) < min(c, g) - 0.01 and max(b, f) < min(d, h) - 0.01


def stretches(line):
    """Return the stretches of a line as rectangles without width."""
    for (x, y), (to_x, to_y) in pairwise(line.points):
        assert x == to_x or y == to_y, "across or down"
        yield min(x, to_x) - 0.5, min(y, to_y) - 0.5, max(x, to_x) + 0.5, max(y, to_y) + 0.5


def furthest(drawing):
    """Return how far to the right anything is drawn."""
    return max(point[0] for line in drawing.lines for point in line.points)


def together(drawing):
    """Yield pairs of stretches of different connections that lie on each other."""
    owned = [(number, one) for number, line in enumerate(drawing.lines) for one in stretches(line)]
    for (number, one), (other_number, other) in combinations(owned, 2):
        if number == other_number or drawing.lines[number].way != drawing.lines[other_number].way:
            continue
        (a, b, c, d), (e, f, g, h) = one, other
        across, down = min(c, g) - max(a, e), min(d, h) - max(b, f)
        if min(across, down) > 0.5 and max(across, down) > 10:
            start = drawing.lines[number].points[0], drawing.lines[other_number].points[0]
            end = drawing.lines[number].points[-1], drawing.lines[other_number].points[-1]
            if start[0] != start[1] and end[0] != end[1]:
                yield one, other


def flaws(drawing):
    """Yield what is wrong with a drawing."""
    boxes = [rectangle(box) for box in drawing.boxes]
    inside = [(a + 1, b + 1, c - 1, d - 1) for a, b, c, d in boxes]
    labels = [rectangle(label) for label in drawing.labels]
    if any(overlap(*pair) for pair in combinations([*boxes, *labels], 2)):
        yield "something covers something else"
    if any(
        overlap(one, box) for line in drawing.lines for one in stretches(line) for box in inside
    ):
        yield "a line runs through a box"
    if any(together(drawing)):
        yield "two lines lie on each other"
    whole = (0, 0, drawing.width, drawing.height)
    for a, b, c, d in [*boxes, *labels, *(one for x in drawing.lines for one in stretches(x))]:
        if a < whole[0] or b < whole[1] or c > whole[2] or d > whole[3]:
            yield "something sticks out of the drawing"
    for box in drawing.boxes:
        widths = [
            width_of(line, NAME if box.has_name and not at else 6.6)
            for at, line in enumerate(box.lines)
        ]
        if max(widths) > box.width + 0.01 or len(widths) * LINE_HEIGHT > box.height:
            yield "a text sticks out of its box"


def touched(drawing, point):
    """Return the names of the boxes on whose edge a point is."""
    x, y = point
    return [
        box.lines[0][0][0]
        for box in drawing.boxes
        if box.x - 0.01 <= x <= box.right + 0.01 and box.y - 0.01 <= y <= box.bottom + 0.01
    ]


@pytest.mark.many(quick=["conv5x5x2", "transformer-block", "two-conv", "add-twice-the-same"])
@pytest.mark.parametrize("name", [*xlbackprop.template_names(), *BRANCHED])
def test_nothing_covers_anything_and_every_connection_is_drawn_both_ways(name):
    network = xlbackprop.build_network(spec_of(name))
    drawing = draw_graph(network)
    assert not list(flaws(drawing))
    assert furthest(drawing) <= PRINTED
    flows = connections(network)
    besides = sum(len(node.beside) > 0 for node in nodes_of(network))
    learning = sum(node.learns for node in nodes_of(network))
    forward = [line for line in drawing.lines if line.way is Way.FORWARD]
    backward = [line for line in drawing.lines if line.way is Way.BACKWARD]
    assert len(forward) == len(flows) + besides
    assert len(backward) == sum(bool(one.gradient) for one in flows) + learning
    drawn = [
        (touched(drawing, line.points[0])[0], touched(drawing, line.points[-1])[0])
        for line in forward[besides:]
    ]
    assert drawn == [(one.source, one.user) for one in flows]
    back = [
        (touched(drawing, line.points[-1]), touched(drawing, line.points[0])[0])
        for line in backward[learning:]
    ]
    expected = [(one.source, one.user) for one in flows if one.gradient]
    for (sources, user), (source, drawn_from) in zip(back, expected, strict=True):
        # Gradients that add up end at the circle beside the box.
        assert user == drawn_from
        assert sources in ([source], [])


def test_branches_and_sums_are_drawn_where_an_output_is_used_twice():
    drawing = draw_graph(xlbackprop.build_network(xlbackprop.load_spec("transformer-block")))
    ways = [mark.way for mark in drawing.marks]
    assert ways == [Way.FORWARD, Way.BACKWARD] * 2
    assert not draw_graph(xlbackprop.build_network(xlbackprop.load_spec("xor"))).marks
    sums = [box.lines for box in drawing.boxes if box.look == "sum"]
    assert [lines[1][0][0] for lines in sums] == ["+", "+"]


@pytest.mark.parametrize("number", [7, 40])
def test_long_networks_are_drawn_in_rows_that_fit_the_page(number):
    drawing = draw_graph(xlbackprop.build_network(many_layers(number)))
    assert not list(flaws(drawing))
    assert drawing.height > 150 * number / 8
    assert furthest(drawing) <= PRINTED


def test_long_names_have_room():
    layers = [{"type": "dense", "units": 2, "name": f"{LONG}{at}"} for at in range(3)]
    raw = {"name": "long", "input": [2], "layers": layers, "loss": {"type": "mse"}}
    network = xlbackprop.build_network(xlbackprop.parse_spec(tomli_w.dumps(raw)))
    assert not list(flaws(draw_graph(network)))


def test_what_covers_something_or_sticks_out_is_noticed():
    drawing = draw_graph(xlbackprop.build_network(xlbackprop.load_spec("residual-block")))
    first, second, *rest = drawing.boxes
    for planted, flaw in (
        (replace(first, x=second.x), "something covers something else"),
        (replace(first, x=first.x + 30), "a line runs through a box"),
        (replace(first, x=-1), "something sticks out of the drawing"),
        (replace(first, width=20), "a text sticks out of its box"),
    ):
        assert flaw in list(flaws(replace(drawing, boxes=(planted, second, *rest))))
    longest = max(drawing.lines, key=lambda line: len(line.points))
    (x, y), (to_x, to_y) = longest.points[2:4]
    over_it = replace(longest, points=((x + 2, y), (to_x - 2, to_y)))
    assert "two lines lie on each other" in list(
        flaws(replace(drawing, lines=(*drawing.lines, over_it)))
    )


@pytest.mark.slow
def test_drawing_has_words_is_valid_and_is_kept_in_the_marked_copy(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "page.xlsx")
    assert not audit(path)
    copy = marked_copy(path)
    drawings = []
    for one in (path, copy):
        with zipfile.ZipFile(one) as archive:
            drawings.append(archive.read("xl/drawings/drawing1.xml"))
    assert drawings[0] == drawings[1]
    text = drawings[0].decode()
    assert "<xdr:grpSp>" in text
    assert 'descr="The computational graph: input → conv1 → L.' in text
