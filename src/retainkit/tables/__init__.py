"""The door for every table: what stands in its columns, of whatever kind it is.

A dataframe of any kind, a DuckDB relation, files or a dict of columns come in; columns come out, each
asked for dates, numbers, flags, ids or labels. One rule says what each of these is and what is missing,
so every function of the library takes and refuses the same. numpy is enough until a dataframe comes in.

The files, in reading order: `read` (the door, and back to the caller's kind), `column` (one column and the
ways to read it), `days` (the rule for dates), `clock` (the time of day), `series` (columns of dataframes),
`engine` (DuckDB and what it reads), `problems` (the sentences of errors).
"""

from retainkit.tables.clock import moments
from retainkit.tables.column import Codes, Column, Labels
from retainkit.tables.days import DAY, MONTH_OR_DAY, DateRule, Days, Mask, one_day, to_date
from retainkit.tables.problems import Fault, Said, wrong_type
from retainkit.tables.read import Source, Table, as_column, frame_of, is_mapping, read_table, take, to_list

__all__ = [
    "DAY",
    "MONTH_OR_DAY",
    "Codes",
    "Column",
    "DateRule",
    "Days",
    "Fault",
    "Labels",
    "Mask",
    "Said",
    "Source",
    "Table",
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
