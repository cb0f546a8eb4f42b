"""From what a person calls a cell to the entry that stands there, and back.

A cell is called by its address (`conv1.C12`, `conv1!C12`, or `C12` where one sheet alone has it in
the network), by its tensor and index (`conv1.dL_dh[0,2,3]`), by its block's name and the index
within the block (`conv1.dL_dh.0[2,3]`), or by the name of a block that is a single cell (`loss.L`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from xlbackprop.equation import Index, Tensor
from xlbackprop.equation.indices import entry_name, indices
from xlbackprop.errors import CellError, shown, suggestion
from xlbackprop.formula.addresses import Address, pasted, plain_sheet, read_address
from xlbackprop.formula.places import Places

_NAME = re.compile(r"(?P<name>[A-Za-z_][\w./]*?)(?P<block>(?:\.\d+)*)(?:\[(?P<index>[\d,\s]*)\])?")
_LONGEST = 200


def locate(
    text: str, tensors: Mapping[str, Tensor], places: Mapping[str, Places], sheet: str | None = None
) -> tuple[Tensor, Index]:
    """Return the tensor and the index that a cell's address or name means.

    An address without a sheet is one of `sheet`, or of the only sheet that has such a cell.

    Raises CellError where it means none.
    """
    text = text.strip().removeprefix("=")[:_LONGEST]
    match = _NAME.fullmatch(text)
    name = _full_name(match["name"], tensors) if match else ""
    if match and name in tensors:
        tensor = tensors[name]
        numbers = re.findall(r"\d+", match["block"] + "," + (match["index"] or ""))
        return tensor, _checked(tensor, tuple(map(int, numbers)))
    if "!" in text or _address(text) is not None:
        name, index = _at_address(text, places, sheet)
        return tensors[name], index
    if match is None:
        raise CellError(
            f"{shown(text)} is no cell: give its sheet and address, as in conv1.C12, or its tensor"
            " and index, as in conv1.dL_dh[0,2,3]"
        )
    raise CellError(f"there is no tensor {shown(name)}{suggestion(name, tensors)}")


def _full_name(name: str, tensors: Mapping[str, Tensor]) -> str:
    """Return a tensor's name from what equations call it: `conv1.dL/dh`, `conv1.R`."""
    symbols = {f"{one.owner}.{one.symbol}": one.name for one in tensors.values()}
    name = name.replace("dL/d", "dL_d")
    return name if name in tensors else symbols.get(name, name)


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


def _address(text: str) -> Address | None:
    """Return the address that a text is, a dot or an exclamation mark behind the sheet, if any.

    An exclamation mark is not for every shell: in bash it calls up an earlier command.
    """
    if "!" in text:
        return read_address(text)
    sheet, _, cells = plain_sheet(text).rpartition(".")
    address = read_address(cells)
    return None if address is None else address._replace(sheet=plain_sheet(sheet))


def _at_address(text: str, places: Mapping[str, Places], sheet: str | None) -> tuple[str, Index]:
    address = _address(text)
    if address is None or not address.is_cell:
        cells = text.rpartition("!")[2]
        raise CellError(f"{shown(cells)} is no address of a single cell, such as C12")
    address = address._replace(sheet=address.sheet or sheet or "")
    sheets = list(dict.fromkeys(name for one in places.values() for name in one.sheets))
    wanted = [one for one in sheets if one.casefold() == address.sheet.casefold()]
    if address.sheet and not wanted:
        raise CellError(
            f"no tensor stands on a sheet {shown(address.sheet)}{suggestion(address.sheet, sheets)}"
        )
    found = {}
    for one in wanted or sheets:
        entry = _entry_at(one, address.top, address.left, places.items())
        if entry is not None:
            found[one] = entry
    if len(found) == 1:
        return next(iter(found.values()))
    cell = text.rpartition("!")[2].rpartition(".")[2].upper().replace("$", "")
    if found:
        listed = " or ".join(pasted(sheet, cell) for sheet in found)
        raise CellError(f"{cell} is a cell of the network on {len(found)} sheets: write {listed}")
    raise CellError(
        f"{shown(text)[1:-1]} is no cell of the network, but a title, an index or empty:"
        " `xlbackprop inspect WORKBOOK` lists where the tensors stand"
    )


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
