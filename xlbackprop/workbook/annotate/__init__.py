"""The user's workbook, handed back with marks: parts that change are patched, others copied raw.

    marks      what is to be said of which cell, and the colours
    edits      insertions into the bytes of a part
    document   a small part's elements, and where in the bytes they are
    archive    an archive written anew, what did not change copied compressed
    package    the workbook's parts, their relationships and types
    book       workbook.xml: the sheets, and the new one's place before them
    styles     formats that are a cell's own but for the fill
    style_lists          the lists of which formats are made, and what each begins with
    sheet, sheet_reader  where a sheet's cells are in its bytes
    recolour   cells given other formats
    scales     marked cells taken out of colour scales
    notes      the comments of a sheet, beside those that are there
    shapes     the boxes in which they appear
    page, summary        the first sheet
    mark       all of it together

A part is changed by insertions at byte positions, not parsed and written again: what a
spreadsheet program put there, down to prefixes, white space and extensions unknown to us, stays.
"""
