"""What the commands print, for people.

What comes from a workbook is shown as plain text, never as markup or as terminal commands.
"""

from xlbackprop.report.terminal.explanation import print_explanation
from xlbackprop.report.terminal.listings import print_inspection, print_proposal, print_templates
from xlbackprop.report.terminal.report import print_report

__all__ = [
    "print_explanation",
    "print_inspection",
    "print_proposal",
    "print_report",
    "print_templates",
]
