"""How is a model, a fit or a summary kept, and read again by another program on another day?

Everything is written as versioned JSON that says what it is, ``"schema": "retainkit/fit/1"``, and read back
exactly; nothing is ever unpickled. In reading order:

- `store`       `save` and `load`: one thing, one file, written at once or not at all.
- `kinds`       what a document may be of, and the class that reads it.
- `columns`     summaries as Parquet: a row for each customer, which other tools read, too.
- `json_schema` the same documents as JSON Schema, for who writes or checks them elsewhere.
"""

from retainkit.files.json_schema import json_schema
from retainkit.files.kinds import kinds
from retainkit.files.store import load, save

__all__ = ["json_schema", "kinds", "load", "save"]
