"""TOML to a frozen Spec: what the user wants, before any layer has looked at its options.

Raises SpecError for everything that is wrong on this level: the TOML itself, unknown keys, names
that cannot be a sheet's. What a layer's own options may be is checked where the layer is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli_w

from xlbackprop.errors import SpecError, one_line, shown, suggestion
from xlbackprop.spec.inputs import INPUT, read_inputs
from xlbackprop.spec.names import check_layer_name, check_name, is_size, read_other_names
from xlbackprop.spec.numbers import save_spec
from xlbackprop.spec.remarks import remarks_on
from xlbackprop.spec.shown import options_text, sizes_text, table
from xlbackprop.spec.tables import (
    STYLES,
    LayerSpec,
    LossSpec,
    ValuesSpec,
)  # fmt: skip
from xlbackprop.spec.toml import MAX_BYTES, read_toml
from xlbackprop.spec.training import TrainingSpec, read_training

MAX_SPEC_BYTES = MAX_BYTES
MAX_LAYERS = 200

_KEYS = (
    "name",
    "about",
    "input",
    "inputs",
    "batch",
    "layers",
    "loss",
    "training",
    "names",
    "values",
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_KEYS_OF_A_LAYER = ("type", "name", "from", "share", "trainable")


@dataclass(frozen=True)
class Spec:
    """A network as the user describes it."""

    name: str
    about: str
    input: tuple[int, ...]  # without the batch; the first one where there are several
    batch: int | None
    layers: tuple[LayerSpec, ...]
    loss: LossSpec
    values: ValuesSpec
    training: TrainingSpec | None = None
    inputs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # several, by name
    names: Mapping[str, str] = field(default_factory=dict)  # what a model calls its parameters
    folder: Path | None = None  # where the files that `values.arrays` names are looked for

    @property
    def remarks(self) -> tuple[str, ...]:
        """What works, and is hardly meant: a line for each."""
        return remarks_on(self.layers[-1].type, self.loss.type)

    @property
    def sizes_of_inputs(self) -> Mapping[str, tuple[int, ...]]:
        """The sizes of each input without the batch, by the name that `from` has for it."""
        return self.inputs or {INPUT: self.input}

    def _repr_html_(self) -> str:
        """Return the spec as a notebook shows it: its layers, one a row."""
        sizes = ", ".join(f"{name} {sizes_text(own)}" for name, own in self.sizes_of_inputs.items())
        batch = f", {self.batch} samples" if self.batch is not None else ""
        rows = [
            (one.name, one.type, ", ".join(one.sources), options_text(one.options))
            for one in (*self.layers, LayerSpec(self.loss.type, "loss", self.loss.options))
        ]
        title = f"{self.name}: {sizes}{batch}"
        return table(title, ("layer", "type", "from", "options"), rows)

    def to_toml(self) -> str:
        """Return the spec as TOML, without `values`: those are in the workbook's cells."""
        head: dict[str, Any] = {"name": self.name}
        if self.about:
            head["about"] = self.about
        if self.inputs:
            head["inputs"] = {name: list(sizes) for name, sizes in self.inputs.items()}
        else:
            head["input"] = list(self.input)
        if self.batch is not None:
            head["batch"] = self.batch
        head["layers"] = [
            {
                "type": one.type,
                **({"name": one.name} if one.name else {}),
                **({"from": list(one.sources)} if one.sources else {}),
                **({"share": one.share} if one.share else {}),
                **({} if one.trainable else {"trainable": False}),
                **one.options,
            }
            for one in self.layers
        ]
        head["loss"] = {"type": self.loss.type, **self.loss.options}
        if self.training:
            head["training"] = self.training.table()
        if self.names:
            head["names"] = dict(self.names)
        return tomli_w.dumps(head)

    def with_training(self, optimizer: str, *, steps: int = 1, **options: object) -> Spec:
        """Return the spec with training steps, as the table [training] has them.

        `options` are the table's other keys. Raises SpecError as parse_spec does.
        """
        table = {"optimizer": optimizer, "steps": steps, **options}
        return replace(self, training=read_training({"training": table}, self.values.arrays))

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the spec as TOML, and its arrays into an .npz file beside it; return the path.

        Arrays that are in files of the same folder stay there. Existing files are replaced only
        with `force`. Raises OutputError where a file cannot be written.
        """
        return save_spec(self.to_toml(), vars(self.values), Path(path), self.folder, force=force)


def parse_spec(text: str, folder: Path | None = None) -> Spec:
    """Return the Spec that a TOML text describes.

    `folder` is where array files are looked for; without one, such files are refused.
    Raises SpecError, naming the layer, the key and the value.
    """
    raw = read_toml(text, "the spec", SpecError)
    _known(raw, _KEYS, "the spec")
    name, inputs, values = _spec_name(raw), read_inputs(raw), _values(raw)
    return Spec(
        name=name,
        about=_text(raw.get("about", ""), "about"),
        input=next(iter(inputs.values())),
        batch=_batch(raw),
        layers=_layers(raw),
        loss=_loss(raw),
        values=values,
        training=read_training(raw, values.arrays),
        inputs=inputs if "inputs" in raw else {},
        names=read_other_names(raw),
        folder=folder,
    )


def _spec_name(raw: Mapping[str, Any]) -> str:
    if "name" not in raw:
        raise SpecError('the spec has no name: add name = "mynetwork"')
    if not isinstance(raw["name"], str) or not _NAME.fullmatch(raw["name"]):
        raise SpecError(
            f"name = {shown(raw['name'])}: expected letters, digits, dots, dashes and"
            " underscores, at most 80 of them"
        )
    return str(raw["name"])


def _batch(raw: Mapping[str, Any]) -> int | None:
    if "batch" in raw and not is_size(raw["batch"]):
        raise SpecError(f"batch = {shown(raw['batch'])}: expected a whole number from 1")
    return raw.get("batch")


def _layers(raw: Mapping[str, Any]) -> tuple[LayerSpec, ...]:
    tables = raw.get("layers")
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise SpecError("the spec has no layers: add a [[layers]] table with a type")
    if len(tables) > MAX_LAYERS:
        raise SpecError(f"the spec has {len(tables)} layers, more than {MAX_LAYERS}")
    return tuple(_layer(table, number) for number, table in enumerate(tables, start=1))


def _layer(table: Mapping[str, Any], number: int) -> LayerSpec:
    where = f"layer {number}"
    if not isinstance(table.get("type"), str):
        raise SpecError(f'{where}: expected a type, such as type = "conv2d"')
    name = table.get("name")
    if name is not None:
        check_layer_name(name, where)
    share = table.get("share", "")
    if "share" in table:
        check_name(share, "share", where)
    trainable = table.get("trainable", True)
    if not isinstance(trainable, bool):
        raise SpecError(f"{where}: trainable = {shown(trainable)}: expected true or false")
    options = {key: table[key] for key in table if key not in _KEYS_OF_A_LAYER}
    return LayerSpec(table["type"], name, options, _sources(table, where), share, trainable)


def _sources(table: Mapping[str, Any], where: str) -> tuple[str, ...]:
    if "from" not in table:
        return ()
    sources = [table["from"]] if isinstance(table["from"], str) else table["from"]
    if not isinstance(sources, list) or not sources or not all(isinstance(s, str) for s in sources):
        raise SpecError(
            f"{where}: from = {shown(table['from'])}: expected a layer's name, or a list of names"
        )
    return tuple(sources)


def _loss(raw: Mapping[str, Any]) -> LossSpec:
    table = raw.get("loss", {"type": "given"})
    if not isinstance(table, dict) or not isinstance(table.get("type"), str):
        raise SpecError('[loss]: expected a type, such as type = "given"')
    return LossSpec(table["type"], {key: table[key] for key in table if key != "type"})


def _values(raw: Mapping[str, Any]) -> ValuesSpec:
    table = raw.get("values", {})
    if not isinstance(table, dict):
        raise SpecError(f"values = {shown(table)}: expected a table, [values]")
    _known(table, ("style", "seed", "arrays"), "[values]")
    style, seed = table.get("style", STYLES[0]), table.get("seed", 0)
    if style not in STYLES:
        raise SpecError(f"[values]: style = {shown(style)}: expected {' or '.join(STYLES)}")
    if type(seed) is not int or not 0 <= seed < 2**63:
        raise SpecError(f"[values]: seed = {shown(seed)}: expected a whole number from 0")
    arrays = table.get("arrays", {})
    if not isinstance(arrays, dict):
        raise SpecError(
            f"[values]: arrays = {shown(arrays)}: expected a table of arrays by tensor name"
        )
    return ValuesSpec(style, seed, arrays)


def _known(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in keys:
            raise SpecError(f"{where}: unknown key {shown(key)}{suggestion(key, keys)}")


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise SpecError(f"{key} = {shown(value)}: expected a text")
    return one_line(value, 200)
