"""How do I give a result to someone who works in a spreadsheet, and recalculates it there?

In reading order:

- `writing`         the one call: a result, or several, into a file.
- `book`            sheets with names, styles and checks; text stays text.
- `assumptions`     the cells that a reader may change, each with its rule.
- `checks`          each figure beside the library's own.
- `formulas`        unit economics in the language of spreadsheets.
- `unit_economics`  all figures of one customer.
- `workings`        the steps from assumptions to figures.
- `months`          the same month by month.
- `break_even`      when a customer has paid back.
- `revenue`         what moved recurring revenue, as a bridge.
- `cohorts`         triangles of who stayed.
- `forecast`        recurring revenue to come.
- `customers`       where the value of a customer base is.
- `rows`            any other record, as a table.
- `pictures`        what charts have in common.
"""

from retainkit.workbooks.writing import workbook

__all__ = ["workbook"]
