"""From what a person calls a cell to the entry that stands there, and back.

A cell is called by its address (`conv1!C12`), by its tensor and index (`conv1.dL_dh[0,2,3]`), by
its block's name and the index within the block (`conv1.dL_dh.0[2,3]`), or by the name of a block
that is a single cell (`loss.L`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from xlbackprop.equation import Index, Tensor
from xlbackprop.equation.indices import entry_name, indices
from xlbackprop.errors import CellError, shown, suggestion
from xlbackprop.formula.addresses import column_number
from xlbackprop.formula.places import Places
from xlbackprop.network import Network

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
_NAME = re.compile(r"(?P<name>[A-Za-z_][\w./]*?)(?P<block>(?:\.\d+)*)(?:\[(?P<index>[\d,\s]*)\])?")


def locate(text: str, network: Network, places: Mapping[str, Places]) -> tuple[Tensor, Index]:
    """Return the tensor and the index that a cell's address or name means.

    Raises CellError where it means none.
    """
    text = text.strip().removeprefix("=")
    if "!" in text:
        name, index = _at_address(text, places)
        return network.tensors[name], index
    match = _NAME.fullmatch(text[:200])
    if match is None:
        raise CellError(
            f"{shown(text)} is no cell: give its sheet and address, as in conv1!C12, or its tensor"
            " and index, as in conv1.dL_dh[0,2,3]"
        )
    name = _full_name(match["name"], network)
    if name not in network.tensors:
        if _ADDRESS.fullmatch(text):
            raise CellError(f"{text} is on no sheet: name the sheet too, as in conv1!{text}")
        raise CellError(f"there is no tensor {shown(name)}{suggestion(name, network.tensors)}")
    numbers = re.findall(r"\d+", match["block"] + "," + (match["index"] or ""))
    tensor = network.tensors[name]
    return tensor, _checked(tensor, tuple(map(int, numbers)))


def _full_name(name: str, network: Network) -> str:
    """Return a tensor's name from what equations call it: `conv1.dL/dh`, `conv1.R`."""
    symbols = {f"{one.owner}.{one.symbol}": one.name for one in network.tensors.values()}
    name = name.replace("dL/d", "dL_d")
    return name if name in network.tensors else symbols.get(name, name)


def _checked(tensor: Tensor, index: Index) -> Index:
    if len(index) == len(tensor.shape) and all(
        i < size for i, size in zip(index, tensor.shape, strict=True)
    ):
        return index
    if not tensor.shape:
        raise CellError(f"{tensor.name} is a single cell: it takes no index")
    first = entry_name(tensor.name, tuple(0 for _ in tensor.shape))
    last = entry_name(tensor.name, tuple(size - 1 for size in tensor.shape))
    size = "×".join(map(str, tensor.shape))
    raise CellError(
        f"{shown(entry_name(tensor.name, index))} is no single cell: {tensor.name} has {size} of"
        f" them, from {first} to {last}"
    )


def _at_address(text: str, places: Mapping[str, Places]) -> tuple[str, Index]:
    sheet, _, address = text.rpartition("!")
    sheet = sheet[1:-1].replace("''", "'") if sheet[:1] == "'" == sheet[-1:] else sheet
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise CellError(f"{shown(address)} is no address of a single cell, such as C12")
    known = {name.casefold(): name for one in places.values() for name in one.sheets}
    if sheet.casefold() not in known:
        known_sheets = known.values()
        raise CellError(
            f"no tensor stands on a sheet {shown(sheet)}{suggestion(sheet, known_sheets)}"
        )
    row, column = int(match[2]) - 1, column_number(match[1].upper())
    found = _entry_at(known[sheet.casefold()], row, column, places.items())
    if found is None:
        raise CellError(
            f"{shown(sheet)[1:-1]}!{address} is no cell of the network, but a title, an index or"
            " empty: `xlbackprop inspect WORKBOOK` lists where the tensors stand"
        )
    return found


def _entry_at(
    sheet: str, row: int, column: int, places: Iterable[tuple[str, Places]]
) -> tuple[str, Index] | None:
    for name, own in places:
        if sheet not in own.sheets:
            continue
        here = (own.sheet == own.sheets.index(sheet)) & (own.rows == row) & (own.columns == column)
        for index in indices(here):
            return name, index
    return None
