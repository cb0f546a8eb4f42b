"""What several commands have in common."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path)

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
force = click.option("--force", is_flag=True, help="Replace existing files.")
output = click.option("-o", "--output", type=FILE, help="The file to write, instead of printing.")
spec = click.option("--spec", help="Take this spec, not the one in the workbook or the map.")
map_ = click.option(
    "--map", "map_", type=FILE, help="A TOML file: where the tensors stand in a workbook of yours."
)
