"""The files that a checked workbook can be made into, one form a file of this folder.

The command line makes its options from `OUTPUTS`, so that a new form is one file more:

    @output("html", name="page", ending=".html", help="A page for the browser.")
    def page(outcome: Outcome, target: Path) -> bytes:
        ...
"""

from xlbackprop.report.outputs.output import OUTPUTS, Outcome, Output, output, write_outputs

OUTPUTS.search(__name__, __path__)

__all__ = ["OUTPUTS", "Outcome", "Output", "output", "write_outputs"]
