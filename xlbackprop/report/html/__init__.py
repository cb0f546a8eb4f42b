"""A checked workbook as one self-contained web page.

    legend      statuses and kinds: their signs and what they mean
    selection   which cells are drawn, where there are too many
    records     what the page knows of each cell, for the script
    tensors     a tensor as its title, its equation and its small tables
    content     all that stands on the page
    render      the content put into the template, and what the browser may do with it
    assets/     the template, the style and the script

Everything that comes from the workbook is text: the template escapes it, the script only ever
sets it as text, and the page's own policy forbids any other script, style or connection.
"""

from xlbackprop.report.html.render import html_report, html_view

__all__ = ["html_report", "html_view"]
