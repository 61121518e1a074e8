"""The door for every table: what stands in its columns, of whatever kind it is.

A dataframe of any kind, a DuckDB relation, files or a dict of columns come in; columns come out, each
asked for dates, numbers, flags, ids or labels. One rule says what each of these is and what is missing,
so every function of the library takes and refuses the same. numpy is enough until a dataframe comes in.

The files, in reading order: `source` (a table and how it is to be read), `read` (the door, and back to the
caller's kind), `choice` (which columns), `column` (one column and the ways to read it), `gaps`, `labels`,
`lines` (which of them count), `days` (the rule for dates), `clock` (the time of day), `amounts` (the rule for
numbers in text), `series` (columns of dataframes), `expressions` (texts that make columns of others), `cells`
and `made` (their values, by engine), `files` (where and what they are), `engine` (DuckDB and what it reads),
`workbook` (Excel), `problems` (the sentences of errors); `lazy/` (tables that stay in their engine).
"""

from retainkit.tables.clock import moments
from retainkit.tables.column import Codes, Column
from retainkit.tables.days import DAY, MONTH_OR_DAY, DateRule, Days, Mask, one_day, to_date
from retainkit.tables.labels import Labels
from retainkit.tables.problems import Fault, Said, wrong_type
from retainkit.tables.read import Source, Table, as_column, frame_of, is_mapping, read_table, take, to_list
from retainkit.tables.source import DuckDB, TableSource

__all__ = [
    "DAY",
    "MONTH_OR_DAY",
    "Codes",
    "Column",
    "DateRule",
    "Days",
    "DuckDB",
    "Fault",
    "Labels",
    "Mask",
    "Said",
    "Source",
    "Table",
    "TableSource",
    "as_column",
    "frame_of",
    "is_mapping",
    "moments",
    "one_day",
    "read_table",
    "take",
    "to_date",
    "to_list",
    "wrong_type",
]
