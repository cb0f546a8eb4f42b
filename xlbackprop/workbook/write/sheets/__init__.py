"""Worksheets that take blocks, drawings and formats, each made over XlsxWriter's."""
