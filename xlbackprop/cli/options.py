"""What several commands have in common."""

from __future__ import annotations

from pathlib import Path

import click

from xlbackprop.cli.completion import SPEC

FILE = click.Path(path_type=Path)
FILE.name = "file"  # what help pages call it
FOLDER = click.Path(path_type=Path)
FOLDER.name = "folder"

JSON_HELP = "Print one JSON document."
FORCE_HELP = "Replace existing files."
SPEC_HELP = "Take this spec, not the one in the workbook or the map."
MAP_HELP = "A TOML file: where the tensors stand in a workbook of yours."

SHEET_HELP = "Only what stands on this sheet."

as_json = click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
force = click.option("--force", is_flag=True, help=FORCE_HELP)
output = click.option("-o", "--output", type=FILE, help="The file to write, instead of printing.")
spec = click.option("--spec", type=SPEC, help=SPEC_HELP)
sheet = click.option("--sheet", metavar="NAME", help=SHEET_HELP)
map_ = click.option("--map", "map_", type=FILE, help=MAP_HELP)
