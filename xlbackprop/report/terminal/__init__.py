"""What the commands print, for people.

What comes from a workbook is shown as plain text, never as markup or as terminal commands.
"""
