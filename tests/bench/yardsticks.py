"""What our figures are ratios of: programs that do the least that a build or a check has to do.

Each takes the spec, the workbook and a file that stands beside it as arguments.
"""

CONV_LAYER = """
name = "bench"
input = [3, {side}, {side}]
[[layers]]
type = "conv2d"
filters = 2
kernel = 3
[values]
style = "normal"
"""

RECURRENT_LAYER = """
name = "bench"
input = [60, 8]
[[layers]]
type = "gru"
units = 8
[values]
style = "normal"
"""

BUILD = "import sys, xlbackprop; xlbackprop.build(sys.argv[1], sys.argv[2], force=True)"

CHECK = "import sys, xlbackprop; assert xlbackprop.check(sys.argv[2]).verdict == 'right'"

PROVE = "import sys, xlbackprop; assert xlbackprop.check(sys.argv[2], prove=20).verdict == 'right'"

ONE_LOAD = "import sys, openpyxl; openpyxl.load_workbook(sys.argv[2])"

TWO_LOADS = """
import sys, openpyxl
formulas = openpyxl.load_workbook(sys.argv[2])
values = openpyxl.load_workbook(sys.argv[2], data_only=True)
"""

# In a process of its own, too: a child's peak memory counts from its parent's.
SAVE_FORMULAS = """
import json, sys, openpyxl
sheets = [
    [
        (cell.row, cell.column, cell.value)
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("=")
    ]
    for sheet in openpyxl.load_workbook(sys.argv[2])
]
json.dump(sheets, open(sys.argv[3], "w"))
print(f"{sum(map(len, sheets)):,} formula cells")
"""

# The formula texts are read from a file made beforehand, so that only the writing counts.
BARE_WRITE = """
import json, sys, openpyxl
from openpyxl.styles import PatternFill
book = openpyxl.Workbook()
first = book.active.cell(1, 1)
first.fill = PatternFill("solid", fgColor="DFF3E3")
style = first._style
for formulas in json.load(open(sys.argv[3])):
    sheet = book.create_sheet()
    for row, column, formula in formulas:
        cell = sheet.cell(row, column, formula)
        cell._style = style
book.save(sys.argv[2] + ".bare.xlsx")
"""

# Every stored cell, as (address, style, formula, value, is a text), sheet by sheet and row by row.
SAVE_CELLS = """
import json, sys, openpyxl
formulas = openpyxl.load_workbook(sys.argv[2])
values = openpyxl.load_workbook(sys.argv[2], data_only=True)
sheets = []
for sheet in formulas:
    rows = []
    for own, saved in zip(sheet.iter_rows(), values[sheet.title].iter_rows()):
        row = [
            (cell.coordinate, cell._style.xfId, cell.value[1:], other.value, False)
            if isinstance(cell.value, str) and cell.value.startswith("=")
            else (cell.coordinate, cell._style.xfId, "", cell.value, isinstance(cell.value, str))
            for cell, other in zip(own, saved)
            if cell.value is not None
        ]
        if row:
            rows.append(row)
    sheets.append(rows)
json.dump(sheets, open(sys.argv[3], "w"))
print(sum(len(row) for sheet in sheets for row in sheet))
"""

# The cells of the same page as strings into a zip, and nothing else: no layout, no numbers of ours,
# no styles. A file made beforehand has them; reading it is what READ_CELLS takes.
READ_CELLS = "import json, sys; json.load(open(sys.argv[3]))"
STRINGS_AND_ZIP = """
import json, sys, zipfile
from xml.sax.saxutils import escape
sheets = json.load(open(sys.argv[3]))
with zipfile.ZipFile(sys.argv[2] + ".bare.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
    for number, rows in enumerate(sheets, start=1):
        parts = ["<worksheet><sheetData>"]
        for at, row in enumerate(rows, start=1):
            parts.append(f'<row r="{at}">')
            for address, style, formula, value, is_text in row:
                if is_text:
                    text = escape(value)
                    parts.append(f'<c r="{address}" s="{style}" t="inlineStr"><is><t>{text}</t></is></c>')
                elif formula:
                    parts.append(f'<c r="{address}" s="{style}"><f>{escape(formula)}</f><v>{value}</v></c>')
                else:
                    parts.append(f'<c r="{address}" s="{style}"><v>{value}</v></c>')
            parts.append("</row>")
        parts.append("</sheetData></worksheet>")
        archive.writestr(f"xl/worksheets/sheet{number}.xml", "".join(parts))
"""  # noqa: E501

# Every row and every cell seen once, as a stream.
LXML_STREAM = """
import sys, zipfile
from lxml import etree
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
seen = 0
with zipfile.ZipFile(sys.argv[2]) as archive:
    for name in archive.namelist():
        if name.startswith("xl/worksheets/sheet"):
            with archive.open(name) as part:
                for _, element in etree.iterparse(part, tag=(MAIN + "c", MAIN + "row")):
                    if element.tag.endswith("c"):
                        seen += 1
                    else:
                        element.clear()
assert seen
"""

IRONCALC = "import sys, ironcalc; ironcalc.load_from_xlsx(sys.argv[2]).evaluate()"

# Loads, calculates everything (a profile of its own knows no other setting), and saves.
LIBREOFFICE = """
import subprocess, sys, tempfile
with tempfile.TemporaryDirectory() as folder:
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless",
         "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", folder, sys.argv[2]],
        check=True, capture_output=True,
    )
"""
