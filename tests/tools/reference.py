"""The tables of docs/ that list what the program has: python -m tests.tools.reference.

Rewrites each marked region of docs/*.md from the code; tests/docs/test_reference.py fails where one
is not what the code says.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

import click
import tomli_w

import xlbackprop
from tests.tools import regions
from tests.tools.house import NAME, ROOMS, House, Module
from xlbackprop.cli import cli
from xlbackprop.equation import Equation, Kind
from xlbackprop.layers import LAYERS
from xlbackprop.losses import LOSSES
from xlbackprop.optimizers import OPTIMIZERS

TOOL = "tests.tools.reference"

# One meaning for each option's name, wherever it is.
OPTIONS = {
    "affine": "whether there are a gamma and a beta",
    "alpha": "how slowly the average of the squared gradients moves",
    "approximate": "whether Φ is approximated by a tanh",
    "axes": "how many of the last axes have a mean square in common",
    "ceil_mode": "whether a last window counts that reaches beyond the padding",
    "beta": "how sharply it bends",
    "beta1": "how slowly the average of the gradients moves",
    "beta2": "how slowly the average of the squared gradients moves",
    "axis": "the axis, counted from 0, the batch not counted",
    "causal": "whether a position sees only itself and those before it",
    "bias": "whether a bias is added",
    "dampening": "how much of each gradient the velocity leaves out",
    "delta": "up to which size of an error its square counts",
    "dilation": "steps between the filter's entries",
    "eps": "a small number that keeps a divisor from being 0",
    "factor": "what each entry is multiplied by",
    "filters": "how many filters, and so how many channels `out` has",
    "heads": "among how many heads the width is divided",
    "groups": "into how many groups the channels are divided; each filter sees one group",
    "initial": "what the state is before the first step",
    "kernel": "rows and columns of the window",
    "kind": "whether the positions are parameters, or sines and cosines",
    "label_smoothing": "the share of the probability that is spread over all classes",
    "last": "whether `out` is the last step alone",
    "lr": "the learning rate",
    "margin": "how far on the right side a score costs nothing",
    "mode": "whether the batch's own statistics are taken, or given ones",
    "momentum": "how much of the velocity stays from step to step",
    "nonlinearity": "what squashes the state",
    "num_parameters": "how many slopes: one, or one for each channel",
    "output_padding": "rows and columns added at the lower right of `out`",
    "padding": "zeros around the input: rings of them, or rows and columns on each side",
    "rate": "the share of zeros in the mask",
    "reduction": "whether the losses of the entries are averaged or added",
    "scale": "what the sum is multiplied by",
    "shape": "the sizes of `out`, the batch not counted",
    "slope": "what negative entries are multiplied by",
    "start": "the first entry that is taken, counted from 0",
    "stop": "the entry before which it ends",
    "stride": "steps from window to window",
    "target": "whether the target holds class numbers, or a probability for each class",
    "threshold": "above this, beta times h is so large that out is h",
    "transpose": "whether the second input is transposed first",
    "units": "how many outputs",
    "vocabulary": "how many classes there are, numbered from 0",
    "weight_decay": "how much of the weights is taken off in each step",
    "width": "how many numbers stand for a class",
}
# Where a name means something else than elsewhere.
OWN_OPTIONS = {
    ("layer_norm", "axes"): "how many of the last axes have mean and variance in common; 0: all",
    ("transpose", "axes"): "the order of the axes, the batch not counted",
    ("group_norm", "groups"): "into how many groups the channels are divided",
    ("elu", "alpha"): "the depth to which negative entries bend",
}

# What a layer is tried on, until one fits.
_INPUTS: tuple[tuple[list[int], int | None], ...] = (
    ([2, 4, 4], None), ([4], None), ([4], 2), ([2, 3], None), ([2, 4], None),
)  # fmt: skip
_VALUES = (2, 0.5)
# Required options for which no value of those will do.
_LISTS = {"axes": [1, 0, 2], "shape": [4, 8]}


def layers() -> str:
    """Return a section for each layer: options, tensors, equations, and the mistakes it knows."""
    return "\n\n".join(_layer(name) for name in sorted(LAYERS))


def _layer(name: str) -> str:
    cls = LAYERS[name].cls
    plain = _layer_network(name, {})
    tensors: dict[str, tuple[str, str, str]] = {}
    for network in filter(None, [plain, *(_layer_network(name, more) for more in _varied(cls))]):
        for tensor in network.tensors.values():
            if tensor.layer == "layer":
                row = (f"`{tensor.short}`", str(tensor.kind), tensor.about)
                tensors.setdefault(tensor.short, row)
    own = [e for e in plain.equations if e.target.layer == "layer" and e.target.kind != Kind.LINK]
    return _section(
        f"### `{name}`",
        _about(cls),
        f"Shapes: {cls.__doc__.splitlines()[0]}",
        _options(cls),
        table(("tensor", "kind", "is"), list(tensors.values())),
        _equations(own),
    )


def _section(*paragraphs: str) -> str:
    return "\n\n".join(filter(None, paragraphs))


def _equations(equations: list[Equation]) -> str:
    """Return equations as text, and the names of the mistakes that are known of them."""
    lines = "\n".join(equation.math.text for equation in equations)
    slips = ", ".join(dict.fromkeys(slip.name for one in equations for slip in one.slips))
    named = f"\n\nMistakes that `check` names: {slips}." if slips else ""
    return f"```text\n{lines}\n```{named}"


def _about(cls: type) -> str:
    """Return the first paragraph of a layer's file."""
    text = sys.modules[cls.__module__].__doc__ or ""
    return " ".join(text.split("\n\n")[0].split())


def options_of(cls: type) -> tuple[Field[Any], ...]:
    """Return the options of a layer, a loss or an optimizer."""
    return fields(cls)


def _options(cls: type) -> str:
    kind = cls.__module__.rpartition(".")[2]
    rows = [
        (
            f"`{option.name}`",
            takes(option),
            default(option),
            OWN_OPTIONS.get((kind, option.name)) or OPTIONS[option.name],
        )
        for option in fields(cls)
    ]
    return table(("option", "takes", "default", "is"), rows) if rows else ""


def takes(option: Field[Any]) -> str:
    """Return what an option may be, in the words of the message that refuses anything else."""
    try:
        option.metadata["read"](object())
    except ValueError as error:
        return str(error)
    raise AssertionError(f"{option.name} takes anything")


def default(option: Field[Any]) -> str:
    """Return an option's default as TOML has it."""
    if option.default is MISSING:
        return "required"
    if option.default is None:
        return "as `kernel`"
    value = option.default
    if isinstance(value, tuple) and len(set(value)) == 1:
        value = value[0]
    return f"`{tomli_w.dumps({'x': value}).removeprefix('x = ').strip()}`"


def _required(cls: type) -> dict[str, object]:
    chosen = {}
    for option in fields(cls):
        if option.default is MISSING:
            values = (*_VALUES, _LISTS.get(option.name))
            chosen[option.name] = next(filter(_accepted_by(option), values))
    return chosen


def _accepted_by(option: Field[Any]) -> Callable[[object], bool]:
    def accepted(value: object) -> bool:
        try:
            option.metadata["read"](value)
        except ValueError:
            return False
        return True

    return accepted


def _varied(cls: type) -> Iterator[dict[str, object]]:
    """Yield options away from their defaults, one at a time: each may need blocks of its own."""
    for option in fields(cls):
        for value in (1, 2, True, "sinusoidal", "none", "eval", True):
            if option.default is not MISSING and _accepted_by(option)(value):
                yield {option.name: value}


def _layer_network(name: str, options: Mapping[str, object]) -> Any:
    kind = LAYERS[name]
    layer = {"type": name, "name": "layer", **_required(kind.cls), **options}
    before = []
    if kind.least > 1:
        before = [{"type": "relu", "name": one, "from": "input"} for one in ("a", "b")]
        layer["from"] = ["a", "b"]
    for sizes, batch in _INPUTS:
        spec = {"name": "x", "input": sizes, "layers": [*before, layer]}
        with contextlib.suppress(xlbackprop.SpecError):
            return network_of(spec | ({"batch": batch} if batch else {}))
    return None


def network_of(spec: Mapping[str, object]) -> Any:
    """Return the network of a spec that is given as tables."""
    return xlbackprop.build_network(xlbackprop.parse_spec(tomli_w.dumps(spec)))


def losses() -> str:
    """Return a section for each loss."""
    return "\n\n".join(_loss(name) for name in sorted(LOSSES))


def _loss(name: str) -> str:
    cls = LOSSES[name]
    dense = {"type": "dense", "units": 2}
    network = network_of(
        {"name": "x", "input": [2], "batch": 2, "layers": [dense], "loss": {"type": name}}
    )
    own = [
        equation for equation in network.equations
        if equation.target.layer == "loss" or equation.target.name == "dense1.dL_dout"
    ]  # fmt: skip
    return _section(
        f"### `{name}`", _about(cls), cls.__doc__.splitlines()[0], _options(cls), _equations(own)
    )


def optimizers() -> str:
    """Return a section for each optimizer."""
    return "\n\n".join(_optimizer(name) for name in sorted(OPTIMIZERS))


def _optimizer(name: str) -> str:
    cls = OPTIMIZERS[name]
    options = {option.name: 0.1 for option in fields(cls)} | {"steps": 2}
    network = network_of(
        {
            "name": "x",
            "input": [2],
            "layers": [{"type": "dense", "units": 2}],
            "training": {"optimizer": name, **options},
        }
    )
    own = [e for e in network.equations if e.target.name.startswith("step2.dense1.w_")]
    return _section(f"### `{name}`", _about(cls), _options(cls), _equations(own))


def templates() -> str:
    """Return the table of the networks that come with the program."""
    names = xlbackprop.template_names()
    return table(("template", "is"), [(f"`{n}`", xlbackprop.load_spec(n).about) for n in names])


def exports() -> str:
    """Return the table of what `import xlbackprop` offers."""
    rows = []
    for name in xlbackprop.__all__:
        if name != "__version__":
            text = getattr(xlbackprop, name).__doc__
            rows.append((f"`{name}`", " ".join(text.split("\n\n")[0].split())))
    return table(("name", "is"), rows)


def commands() -> str:
    """Return a section for each command: its usage, what it does, its options."""
    context = click.Context(cli, info_name="xlbackprop", **cli.context_settings)
    return "\n\n".join(
        _command(name, cli.get_command(context, name), context)
        for name in cli.list_commands(context)
    )


def _command(name: str, command: click.Command, program: click.Context) -> str:
    context = click.Context(command, info_name=name, parent=program)
    told = inspect.cleandoc(command.help or "").replace("\b\n", "").split("\n\nExample:")[0]
    usage = context.command_path + " " + " ".join(command.collect_usage_pieces(context))
    rows: list[tuple[str, ...]] = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and isinstance(parameter, click.Option) and "--help" not in parameter.opts:
            rows.append((f"`{record[0]}`", " ".join(record[1].split())))
    return _section(f"## {name}", f"`{usage}`", told, table(("option", "does"), rows))


def rooms(house: House | None = None) -> str:
    """Return the table of rooms and the folders in them: what they hold, what they import."""
    house, rows = house or House(), []
    for room in (one for one in ROOMS if one in house.rooms and not one.startswith("__")):
        imports = sorted(house.rooms[room], key=ROOMS.index)
        rows.append(_room(house.modules[f"{NAME}.{room}"], room, imports))
        for module in house.folders_in(room):
            name = house.path_of(module.path.parent)
            rows.append(_room(module, name, house.imports_of(module)))
    return table(("room", "holds", "imports"), rows)


def _room(module: Module, name: str, imports: list[str]) -> tuple[str, ...]:
    return f"`{name}`", module.docstring, ", ".join(f"`{one}`" for one in imports)


def drawing(house: House | None = None) -> str:
    """Return the drawing of the rooms, as GitHub shows it: an arrow for each that is imported.

    An arrow is left out where the way through other rooms says the same.
    """
    names = {"__init__": "library[import xlbackprop]", "__main__": "main[python -m xlbackprop]"}
    ids = {room: names.get(room, room) for room in ROOMS}
    drawn = (house or House()).drawn()
    lines = [
        f"    {ids[room]} --> {ids[other]}"
        for room in reversed(ROOMS)
        for other in reversed(drawn.get(room, []))
    ]
    return "\n".join(["```mermaid", "flowchart TB", *lines, "```"])


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(c.replace("|", r"\|") for c in row) + " |" for row in lines)


MAKERS: dict[str, Callable[[], str]] = {
    "layers": layers, "losses": losses, "optimizers": optimizers, "templates": templates,
    "exports": exports, "commands": commands, "rooms": rooms, "drawing": drawing,
}  # fmt: skip

if __name__ == "__main__":
    regions.make(TOOL, MAKERS)
