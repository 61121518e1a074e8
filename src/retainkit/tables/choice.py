"""Which columns of a table are read: those that were named, and those that expressions make."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from retainkit.errors import InputError, missing_column
from retainkit.tables.expressions import Expression, is_expression, parse
from retainkit.tables.problems import in_the_index, not_a_table
from retainkit.tables.source import TableSource


@dataclass(frozen=True, slots=True)
class Names:
    """Key → column, for those that are wanted; all if nobody said which."""

    wanted: Mapping[str, str] | None
    more: Collection[str] | Literal["all"]
    table: str
    arguments: Mapping[str, str]
    source: TableSource

    def __post_init__(self) -> None:
        for key, name in self.given.items():
            if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                argument, rule = self.arguments.get(key, key), "must be the name of a column, as text"
                way_out = "Rename the column first if its name is not text."
                raise InputError("wrong-type", argument, name, rule, way_out)

    @property
    def given(self) -> Mapping[str, str]:
        return self.wanted or {}

    def chosen(self, present: Sequence[Any], index: Sequence[Any] = ()) -> Choice:
        """The wanted columns, each of them there and alone with its name, or to be made of such."""
        twice = next((name for k, name in enumerate(present) if name in present[:k]), None)
        if twice is not None:
            raise not_a_table(self.table, f"two columns of one name ({twice!r})", "Rename one of them.")
        wanted, has = dict(self.given), set(self.given.values())
        more = present if self.wanted is None or self.more == "all" else self.more
        wanted |= {str(name): name for name in more if name in present and name not in has}
        made: dict[str, Expression] = {}
        for key, name in list(wanted.items()):
            argument = self.arguments.get(key, key)
            if name in present:
                continue
            if name in index:
                raise in_the_index(argument, name)
            if not is_expression(name):
                raise missing_column(argument, name, present)
            found = parse(argument, name, present)
            if found.alone is None:
                made[key] = found
                del wanted[key]
            else:
                wanted[key] = found.alone
        where = self.source.where
        return Choice(wanted, made, None if where is None else parse("where", where, present))


class Choice(NamedTuple):
    """Key → column for those that are there, key → expression for those to be made, and which lines count."""

    columns: dict[str, str]
    made: dict[str, Expression]
    where: Expression | None

    @property
    def expressions(self) -> list[Expression]:
        """All of them."""
        return [*self.made.values(), *([] if self.where is None else [self.where])]

    @property
    def parts(self) -> list[str]:
        """The columns that expressions are made of."""
        return [name for found in self.expressions for name in found.names]

    @property
    def needed(self) -> list[str]:
        """All columns that are read, each once."""
        return list(dict.fromkeys([*self.columns.values(), *self.parts]))


def choose(wanted: Mapping[str, str], present: Sequence[Any], source: TableSource) -> Choice:
    """What is to be read of a table with such columns, refused as `read_table` does."""
    return Names(wanted, (), "source", {}, source).chosen(present)
