"""What a table is that its engine holds, and how it is read, kept and written there.

A DuckDB relation, a polars LazyFrame and a PySpark frame are computed only when they are asked. In reading
order:

- `stores`   what each engine does for us: keep a result, take a small table, write a file.
- `reading`  ids, days and amounts as expressions, by the rules that all readers share.
"""

from retainkit.tables.lazy.reading import Part
from retainkit.tables.lazy.stores import Kept, Store, complaints, lazy_frame, small, store_of

__all__ = [
    "Kept",
    "Part",
    "Store",
    "complaints",
    "lazy_frame",
    "small",
    "store_of",
]
