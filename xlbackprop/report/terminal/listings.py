"""Tables of what there is: templates, the tensors of a workbook, those that were located."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from rich.padding import Padding
from rich.text import Text

from xlbackprop.report.terminal.console import COLOURS, open_console, print_table

if TYPE_CHECKING:
    from xlbackprop.find.inspection import Inspection
    from xlbackprop.find.locate import Proposal
    from xlbackprop.models.summary import Summary


def print_templates(about: Iterable[tuple[str, str]], stream: TextIO) -> None:
    """Print the templates' names and what each is about."""
    print_table(open_console(stream), ["template", "about"], list(about))


def print_summary(summary: Summary, stream: TextIO) -> None:
    """Print a network's layers and how large they are, its totals below them."""
    rows = [
        [
            layer.name,
            layer.type,
            "×".join(map(str, layer.output)),
            f"{layer.parameters:,}",
            f"{layer.multiply_adds:,}",
            f"{layer.cells:,}",
        ]
        for layer in summary.layers
    ]
    loss = summary.cells - sum(layer.cells for layer in summary.layers)
    steps = f"{summary.steps} training steps" if summary.steps > 1 else ""
    rows.append(["loss, training" if steps else "loss", "", "", "", "", f"{loss:,}"])
    totals = [summary.parameters, summary.multiply_adds, summary.cells]
    rows.append(["total", steps, "", *(f"{number:,}" for number in totals)])
    heads = ["layer", "type", "output", "parameters", "multiply-adds", "cells"]
    print_table(open_console(stream), heads, rows, right=(3, 4, 5))


def print_inspection(inspection: Inspection, stream: TextIO) -> None:
    """Print where a workbook's tensors stand."""
    console = open_console(stream)
    console.print(Text(f"{inspection.name}, format {inspection.format}"))
    rows = [
        [
            tensor.name,
            tensor.kind,
            "×".join(map(str, tensor.shape)) or "1",
            "  ".join(f"{block.sheet}!{block.range}" for block in tensor.blocks[:4])
            + (f"  … {len(tensor.blocks)} blocks" if len(tensor.blocks) > 4 else ""),
        ]
        for tensor in inspection.tensors
    ]
    print_table(console, ["tensor", "kind", "shape", "cells"], rows)


def print_proposal(proposal: Proposal, stream: TextIO) -> None:
    """Print where tensors were found, how sure that is, and why."""
    console = open_console(stream)
    rows: list[list[str | Text]] = []
    for tensor in proposal.tensors:
        blocks = [f"{sheet}!{cells}" for sheet, cells in proposal.ranges(tensor)]
        more = f" … {len(blocks)} blocks" if len(blocks) > 3 else ""
        colour = COLOURS["right" if tensor.certainty == "sure" else "carried"]
        where = " ".join(blocks[:3]) + more
        rows.append([tensor.name, Text(tensor.certainty, colour), where, tensor.reason])
    print_table(console, ["tensor", "certainty", "cells", "why"], rows)
    if proposal.step:
        rows_on, columns_on = proposal.step.rows, proposal.step.columns
        line = f"{rows_on} row further down" if rows_on else f"{columns_on} column to the right"
        console.print(Text(f"all later steps: each {line} than the one before"))
    if proposal.training:
        steps, table = proposal.training.steps, Text(proposal.training.to_toml().rstrip())
        console.print()
        console.print(Text(f"the page has {steps} training steps; for all of them, the spec needs"))
        console.print(Padding(table, (0, 0, 0, 4), expand=False))
    if proposal.left_out:
        console.print()
        console.print(Text("not found", "bold"))
        left_out = [[tensor.name, tensor.reason] for tensor in proposal.left_out]
        print_table(console, ["tensor", "why"], left_out)
