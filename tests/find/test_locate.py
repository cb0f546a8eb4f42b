"""`locate` against pages whose layout is known: what it finds, and that what is sure is true."""

import json
import tomllib
from dataclasses import replace
from functools import cache

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.chains import drawn
from tests.support.command_line import called
from tests.support.handmade import CASES, build
from tests.support.true_places import SURE, false_places, not_found
from tests.support.unusual_layouts import LAYOUTS, TABLES, strange_page
from xlbackprop.errors import WorkbookError
from xlbackprop.find.locate.captions.labels import fit, is_of_a_later_entry, meaning_of
from xlbackprop.find.locate.page import page as pages
from xlbackprop.network import build_network

NETWORKS = ("conv5x5x2", "two-conv", "mlp-2-2-2")
# Of the largest network, which takes seconds a page, every second layout.
LARGEST = [case for case in CASES if case[0] == "two-conv"]
TRIED = [case for case in CASES if case not in LARGEST[1::2]]
IDS = ["-in-".join(case) for case in TRIED]
ENOUGH = 0.8
# Of the largest, which takes seconds a page, those with a wrong formula are enough.
WITH_AND_WITHOUT = {name: {"all-right": False, "one-wrong": True} for name in NETWORKS}
del WITH_AND_WITHOUT["two-conv"]["all-right"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("located")


def planted_in(foreign, number):
    """Return an entry of one of the computed tensors, another one in each layout."""
    name = foreign.computed[number % len(foreign.computed)]
    return name, tuple(size // 2 for size in foreign.network.tensors[name].shape)


@cache
def located(folder, network, layout, planted):
    """Return a foreign workbook and what is proposed, with one wrong formula or with none."""
    foreign = build(network, layout, folder)
    if planted:
        place = planted_in(foreign, CASES.index((network, layout)))
        foreign = build(network, layout, folder, {place: lambda text: f"({text})+0.75"})
    proposal = xlbackprop.locate(foreign.path, network)
    missed = not_found(proposal, foreign.places, foreign.path, "ironcalc")
    false = false_places(proposal, foreign.places, foreign.path, "ironcalc")
    return missed, false


@pytest.mark.slow(quick=["conv5x5x2", "mlp-2-2-2"])
@pytest.mark.parametrize("network", NETWORKS)
def test_locate_finds_everything_in_a_plain_layout(network, folder):
    assert located(folder, network, "side-by-side", False)[0] == []


@pytest.mark.many
@pytest.mark.parametrize(
    ("network", "planted"),
    [
        pytest.param(network, planted, id=f"{network}-{name}")
        for network in NETWORKS
        for name, planted in WITH_AND_WITHOUT[network].items()
    ],
)
def test_locate_finds_everything_in_most_layouts(network, planted, folder):
    layouts = [layout for name, layout in TRIED if name == network]
    whole = [one for one in layouts if not located(folder, network, one, planted)[0]]
    assert len(layouts) >= 7
    assert len(whole) >= ENOUGH * len(layouts), sorted(set(layouts) - set(whole))


@pytest.mark.many(quick=[f"{case}-one-wrong" for case in IDS if "two-conv" not in case][::16])
@pytest.mark.parametrize(
    ("network", "layout", "planted"),
    [
        pytest.param(network, layout, planted, id=f"{network}-in-{layout}-{name}")
        for network, layout in TRIED
        for name, planted in WITH_AND_WITHOUT[network].items()
    ],
)
def test_no_place_in_a_foreign_workbook_is_surely_wrong(network, layout, planted, folder):
    assert located(folder, network, layout, planted)[1] == []


def written(page, path):
    return page.write(path / "page.xlsx")


def propose(page, path, template):
    file = written(page, path)
    return file, xlbackprop.locate(file, template, engine="none")


SMALL_PAGES = [
    *(("conv5x5x2", layout) for layout in LAYOUTS),
    *(("mlp-2-2-2", layout) for layout in [*LAYOUTS, *TABLES][::2]),
]
PAGE_IDS = ["-in-".join(one) for one in SMALL_PAGES]


@pytest.mark.many(quick=PAGE_IDS[::16])
@pytest.mark.parametrize(("template", "layout"), SMALL_PAGES, ids=PAGE_IDS)
def test_no_place_on_a_page_of_drawn_numbers_is_surely_wrong(template, layout, tmp_path):
    page = strange_page(template, layout, seed=3)
    file, proposal = propose(page, tmp_path, template)
    assert false_places(proposal, page.truth, file) == []


def with_symmetric_filters(page):
    w = page.arrays["conv1.w"]
    recomputed(page, {"conv1.w": w + w.swapaxes(2, 3)})


def with_zero_filters(page):
    recomputed(page, {"conv1.w": 0 * page.arrays["conv1.w"]})


def with_zero_gradient(page):
    recomputed(page, {"conv1.dL_dout": 0 * page.arrays["conv1.dL_dout"]})


def with_equal_channels(page):
    h = page.arrays["conv1.h"].copy()
    h[1] = h[0]
    recomputed(page, {"conv1.h": h})


def with_swapped_labels(page):
    texts = {place: what for place, what in page.cells.items() if isinstance(what, str)}
    lies = [*list(texts.values())[1:], *list(texts.values())[:1]]
    page.cells.update(zip(texts, lies, strict=True))


def with_copies(page):
    copy_of(page, list(page.truth))


def with_a_copy_of_the_gradient(page):
    copy_of(page, ["conv1.dL_dw"])


def with_a_copy_of_the_input(page):
    copy_of(page, ["conv1.h"])


def with_random_blocks(page):
    random = np.random.default_rng(5)
    for place in decoys(page, ["conv1.h", "conv1.w", "conv1.dL_dw"]):
        page.cells[place[0]] = float(random.integers(-9, 9))


def with_noise(page):
    random = np.random.default_rng(7)
    for name in page.truth:
        if page.network.tensors[name].kind.is_computed:
            for index in np.ndindex(page.arrays[name].shape):
                if random.uniform() < 0.2:
                    page.wrong[name, index] = float(random.normal(0, 9))


def with_everything_wrong(page):
    random = np.random.default_rng(8)
    for name in ("conv1.dL_dw", "conv1.dL_dh"):
        for index in np.ndindex(page.arrays[name].shape):
            page.wrong[name, index] = float(random.integers(-9, 9))


def recomputed(page, changes):
    values = {tensor.name: page.arrays[tensor.name] for tensor in page.network.inputs}
    page.arrays = page.network.evaluate(values | changes)


def decoys(page, names):
    """Return cells below the page for a copy of each tensor, and what would be copied there."""
    start = max(row for _, row, _ in page.cells) + 3
    for name in names:
        places = page.truth[name]
        top, height = int(places.rows.min()), int(np.ptp(places.rows)) + 2
        for index in np.ndindex(places.rows.shape):
            sheet, _ = places.at(index)
            place = sheet, start + int(places.rows[index]) - top, int(places.columns[index])
            yield place, float(page.arrays[name][index])
        start += height


def copy_of(page, names):
    for place, number in list(decoys(page, names)):
        page.cells[place] = number


MUTATIONS = [
    with_symmetric_filters, with_zero_filters, with_zero_gradient, with_equal_channels,
    with_swapped_labels, with_copies, with_a_copy_of_the_gradient, with_a_copy_of_the_input,
    with_random_blocks, with_noise, with_everything_wrong,
]  # fmt: skip


@pytest.mark.many(quick=[f"{mutate.__name__}-side-by-side-0" for mutate in MUTATIONS[::5]])
@pytest.mark.parametrize("seed", range(1))
@pytest.mark.parametrize("layout", ["side-by-side", "filters-in-a-grid", "no-labels"])
@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_no_place_on_an_ambiguous_page_is_surely_wrong(mutate, layout, seed, tmp_path):
    page = strange_page("conv5x5x2", layout, seed)
    mutate(page)
    file, proposal = propose(page, tmp_path, "conv5x5x2")
    assert false_places(proposal, page.truth, file) == []


def certainty(proposal):
    return {one.name: one.certainty for one in proposal.tensors}


def test_place_of_a_copied_input_is_not_sure(tmp_path):
    page = strange_page("conv5x5x2", "side-by-side")
    with_a_copy_of_the_input(page)
    assert certainty(propose(page, tmp_path, "conv5x5x2")[1])["conv1.h"] == "likely"


def test_wrong_gradient_is_found_by_its_label_and_is_not_sure(tmp_path):
    page = strange_page("conv5x5x2", "side-by-side")
    with_everything_wrong(page)
    file, proposal = propose(page, tmp_path, "conv5x5x2")
    assert not_found(proposal, page.truth, file) == []
    assert certainty(proposal)["conv1.dL_dw"] == "likely"


def test_shifted_place_is_noticed(tmp_path):
    page = strange_page("conv5x5x2", "side-by-side")
    file, proposal = propose(page, tmp_path, "conv5x5x2")
    assert {one.certainty for one in proposal.tensors} == {SURE}
    (first, *rest) = [one for one in proposal.tensors if one.name == "conv1.dL_dw"]
    moved = replace(first, places=replace(first.places, rows=first.places.rows + 1))
    others = [one for one in proposal.tensors if one is not first]
    shifted = replace(proposal, tensors=(moved, *rest, *others))
    assert false_places(shifted, page.truth, file) == ["conv1.dL_dw"]
    assert not_found(shifted, page.truth, file) == ["conv1.dL_dw"]


def test_check_without_a_map_locates_and_says_so(folder):
    foreign = build("conv5x5x2", "three-sheets", folder)
    report = xlbackprop.check(foreign.path, spec="conv5x5x2")
    assert (report.verdict, report.counts) == ("right", {"right": foreign.cells})
    assert "located: 9 surely, 0 likely" in report.notes[0]


def test_check_without_a_map_finds_the_planted_cell(tmp_path):
    place = ("conv1.dL_dw", (1, 1, 1, 1))
    foreign = build("conv5x5x2", "side-by-side", tmp_path, {place: lambda text: f"({text})+0.75"})
    report = xlbackprop.check(foreign.path, spec="conv5x5x2")
    assert [(cell.tensor, cell.index) for cell in report.cells] == [place]


def test_check_of_a_page_without_givens_says_which(tmp_path):
    page = strange_page("conv5x5x2", "side-by-side")
    page.cells = {p: w for p, w in page.cells.items() if not isinstance(w, tuple)}
    with pytest.raises(WorkbookError, match=r"could not find .*conv1\.h.*--map"):
        xlbackprop.check(written(page, tmp_path), spec=without_values(tmp_path))


def without_values(folder):
    text = xlbackprop.load_spec("conv5x5x2").to_toml()
    (folder / "plain.toml").write_text(text)
    return folder / "plain.toml"


@pytest.mark.slow
def test_guess_finds_the_layer_and_its_places(folder):
    foreign = build("conv5x5x2", "filters-stacked", folder)
    proposal = xlbackprop.guess(foreign.path)
    (layer,) = proposal.network.spec.layers
    assert (layer.type, layer.options["filters"], layer.options["kernel"]) == ("conv2d", 3, [3, 3])
    assert not_found(proposal, foreign.places, foreign.path, "ironcalc") == []


def test_guess_finds_a_batch_that_goes_through_a_dense_layer_forward_only(tmp_path):
    random = np.random.default_rng(0)
    sheet = (book := openpyxl.Workbook()).active
    for top, title, (height, width) in ((2, "x", (3, 4)), (8, "W", (2, 4)), (13, "b", (1, 2))):
        sheet.cell(top, 2, title)
        for row, column in np.ndindex(height, width):
            number = round(float(random.normal()), 3)
            sheet.cell(top + 1 + row, 2 + column, number)
    sheet.cell(17, 2, "out")
    for n, k in np.ndindex(3, 2):
        products = f"SUMPRODUCT(B{3 + n}:E{3 + n},B{9 + k}:E{9 + k})"
        sheet.cell(18 + n, 2 + k, f"={products}+{'BC'[k]}14")
    book.save(tmp_path / "dense.xlsx")
    proposal = xlbackprop.guess(tmp_path / "dense.xlsx")
    (layer,) = proposal.network.spec.layers
    assert (layer.type, layer.options["units"], proposal.network.spec.batch) == ("dense", 2, 3)
    assert proposal.places["dense1.out"].at((2, 1)) == ("Sheet", "C20")


CHAINS = {  # by the seed of a drawn chain: what its page is of
    4: (["dense", "sigmoid", "dense"], 2, "half_sse"),
    11: (["dense", "sigmoid", "dense", "tanh", "dense", "sigmoid"], 4, "mse"),
    13: (["dense", "sigmoid", "dense", "sigmoid"], None, "mse"),
    5: (["dense", "sigmoid", "dense"], 2, "cross_entropy"),
    1: (["conv2d", "sigmoid", "avg_pool2d", "flatten", "dense"], None, "half_sse"),
}


@pytest.mark.many(quick=["4", "13"])
@pytest.mark.parametrize("seed", CHAINS)
def test_guess_finds_a_chain_of_layers_and_its_loss(seed, path):
    sheet = drawn(seed)
    proposal = xlbackprop.guess(sheet.book.save(path))
    spec = proposal.network.spec
    found = [layer.type for layer in spec.layers], spec.batch, spec.loss.type
    assert found == CHAINS[seed]
    assert proposal.is_complete


def test_guess_follows_formulas_where_each_number_stands_alone(folder):
    spec = xlbackprop.guess(build("mlp-2-2-2", "single-cells", folder).path).network.spec
    assert [(one.type, one.options.get("units")) for one in spec.layers] == [
        ("dense", 2), ("sigmoid", None), ("dense", 2), ("sigmoid", None)
    ]  # fmt: skip


@pytest.mark.many(quick=["3"])
@pytest.mark.parametrize("seed", [3, 9])
def test_guess_finds_the_chain_of_a_training_with_a_row_for_each_step(seed, path):
    sheet = drawn(seed)
    found = xlbackprop.guess(sheet.book.save(path)).network.spec
    true = sheet.network.spec
    assert [one.type for one in found.layers] == [one.type for one in true.layers]
    assert (found.input, found.loss.type) == (true.input, true.loss.type)


def test_guess_where_no_layer_fits_says_so(path):
    sheet = (book := openpyxl.Workbook()).active
    for row in (["a", 1.5, -2.25, 0.75], ["b", 3, 0.5, -1], ["", "=B1/B2", "=C1/C2", "=D1/D2"]):
        sheet.append(row)
    book.save(path)
    with pytest.raises(WorkbookError, match=r"no conv or dense layer fits .* --spec"):
        xlbackprop.guess(path)


def test_page_of_too_many_cells_is_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "MAX_CELLS", 100)
    file = written(strange_page("conv5x5x2", "side-by-side"), tmp_path)
    with pytest.raises(WorkbookError, match="too many") as raised:
        xlbackprop.locate(file, "conv5x5x2", engine="none")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("dL/dw", "dL_dw"), ("∂L/∂w", "dL_dw"), ("dW", "dL_dw"), ("grad w", "dL_dw"),
        ("filter 2", "w"), ("Gewichte", "w"), ("delta", "dL_dout"), ("Ch 1", "h"), ("bias", "b"),
        ("conv1.dL_dw", "dL_dw"), ("η", "lr"), ("loss target", "target"), ("w5 new", "w_new"),
        ("E_total", "L"), ("out_h1", "out"), ("dL/dF 2 channel 1", "dL_dw"), ("dK", "dL_dw"),
        ("∂L/∂Filtre 1", "dL_dw"), ("Gradiente salida", "dL_dout"), ("Poids", "w"),
        ("Entrée 1", "h"), ("Cible", "target"), ("Uscita", "out"), ("Perte", "L"),
    ],
)  # fmt: skip
def test_label_means_a_tensor(label, role):
    assert meaning_of(label).roles[0] == role


def test_index_behind_a_layers_number_names_no_layer():
    network = build_network(xlbackprop.load_spec("mlp-2-2-2"))
    one, other = (network.tensors[f"dense{at}.w"] for at in (1, 2))
    assert fit("Gewichte 1 (2,1)", one, 1) > fit("Gewichte 1 (2,1)", other, 2)
    assert fit("Gewichte 2 (1,1)", one, 1) < fit("Gewichte 2 (1,1)", other, 2)
    assert fit("W (1)", one, 1) > fit("W (1)", other, 2)  # no index: which layer it is of
    first, later = ("w 1 (1,1)", "b 1 (1)", "W (2)", "w1"), ("w 1 (1,2)", "w 1 (0,1)", "b 1 [2]")
    assert [is_of_a_later_entry(one) for one in first] == [False] * 4
    assert [is_of_a_later_entry(one) for one in later] == [True] * 3


@pytest.fixture
def run(capsys):
    def run(*arguments):
        return called(capsys, "locate", *arguments)

    return run


def test_locate_command_writes_a_map_that_check_takes(run, folder, tmp_path):
    foreign = build("conv5x5x2", "side-by-side", folder)
    status, out, err = run(
        foreign.path, "--spec", "conv5x5x2", "-o", tmp_path / "map.toml", "--json"
    )
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert told["complete"] is True
    assert {one["certainty"] for one in told["tensors"]} == {"sure"}
    assert set(tomllib.loads((tmp_path / "map.toml").read_text())["tensors"]) == set(foreign.places)
    report = xlbackprop.check(foreign.path, map=tmp_path / "map.toml")
    assert report.counts == {"right": foreign.cells}


@pytest.mark.slow
def test_guess_command_writes_a_spec_beside_its_map(run, folder, tmp_path):
    foreign = build("conv5x5x2", "side-by-side", folder)
    status, _, err = run(foreign.path, "--guess", "-o", tmp_path / "map.toml")
    assert (status, err) == (0, "")
    report = xlbackprop.check(foreign.path, map=tmp_path / "map.toml")
    assert report.counts == {"right": foreign.cells}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--spec", "conv5x5x2", "--guess"], "either --spec SPEC or --guess"),
        (["--spec", "no-such-spec"], "no-such-spec"),
        (["--spec", "conv5x5x2", "-o", "{folder}"], "is a folder"),
        (["--spec", "conv5x5x2", "-o", "{file}"], "--force"),
    ],
    ids=["spec-and-guess", "unknown-spec", "folder", "exists"],
)
def test_locate_command_with_wrong_options_writes_nothing(
    run, arguments, message, folder, tmp_path
):
    existing = tmp_path / "map.toml"
    existing.write_text("mine")
    filled = [text.format(folder=tmp_path, file=existing) for text in arguments]
    status, out, err = run(build("conv5x5x2", "side-by-side", folder).path, *filled)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert [file.name for file in tmp_path.iterdir()] == ["map.toml"]
    assert existing.read_text() == "mine"


def test_locate_command_on_a_file_that_is_no_workbook_says_so(run, tmp_path):
    (tmp_path / "page.xlsx").write_text("nothing")
    status, out, err = run(tmp_path / "page.xlsx", "--spec", "conv5x5x2")
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_locate_command_where_a_given_is_missing_exits_with_1(run, tmp_path):
    page = strange_page("conv5x5x2", "side-by-side")
    page.cells = {p: w for p, w in page.cells.items() if w[0] != "conv1.h" or isinstance(w, str)}
    file = written(page, tmp_path)
    status, out, _ = run(file, "--spec", without_values(tmp_path))
    assert status == 1
    assert "conv1.h" in out.partition("not found")[2]
