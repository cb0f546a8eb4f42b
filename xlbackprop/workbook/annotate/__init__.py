"""The user's workbook, handed back with marks: parts that change are patched, others copied raw.

    marks      what is to be said of which cell, and the colours
    edits      insertions into the bytes of a part; document: the elements that they refer to
    package    the archive: parts, their relationships and types; archive: raw copies
    book       workbook.xml: the new sheet's place in it
    styles     formats that are a cell's own but for the fill
    sheet      where a sheet's cells are in its bytes; recolour: their formats changed
    comments   notes, beside those that are there; shapes: the boxes they appear in
    summary    the first sheet
    mark       all of it together

A part is changed by insertions at byte positions, not parsed and written again: what a
spreadsheet program put there, down to prefixes, white space and extensions unknown to us, stays.
"""
