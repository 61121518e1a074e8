"""Columns made of others: a text such as "quantity * price" or "country == 'UK' and quantity > 0".

Python's own parser reads it; only names, numbers, quoted text, + − * /, comparisons, and/or/not, in, brackets
and `is null` are understood, everything else is refused by its position, and nothing is ever run as code. A
comparison with a missing value does not hold, whatever the engine; a sum with one is missing.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from retainkit.errors import InputError, missing_column, near
from retainkit.tables.column import Use
from retainkit.tables.days import from_text

Kind: TypeAlias = Literal["number", "text", "flag", "date", "other"]
_LONGEST = 2000
_TICKS = re.compile(r"'[^']*'|\"[^\"]*\"|`([^`]*)`")
_TICK = "ǂ"  # a letter to the parser, and to nobody else
_KNOWN = (
    "Names (`in backquotes` if they hold more than letters or are words of Python), numbers, 'text', + - * "
    "/, comparisons, and, or, not, in (…), is null and is not null are understood."
)
_ARITHMETIC: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,  # pyright: ignore[reportUnknownMemberType]
}
_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SAME = {"eq", "ne"}
_TOO_LARGE = 2**63
_LITERALS: dict[type, Kind] = {bool: "flag", int: "number", float: "number", str: "text"}


class Cells(Protocol):
    """The columns of a table, as values that Python's operators combine: expressions, or arrays."""

    def kind(self, name: str) -> Kind:
        """What a column holds."""
        ...

    def number(self, name: str) -> Any:
        """A column of numbers, or of text as numbers: missing where there is none."""
        ...

    def plain(self, name: str) -> Any:
        """A column of texts or flags."""
        ...

    def missing(self, name: str) -> Any:
        """Where a column has no value."""
        ...

    def gap(self, number: Any) -> Any:
        """Where a computed number is missing."""
        ...

    def compare_days(self, name: str, compare: Callable[[Any, Any], Any], day: int) -> Any:
        """The days of a column of dates, or of text, against one day."""
        ...

    def compare_dates(self, one: str, compare: Callable[[Any, Any], Any], other: str) -> Any:
        """The dates of two columns against each other."""
        ...

    def among(self, value: Any, choices: list[Any]) -> Any:
        """Where a value is one of some."""
        ...


class _Term(NamedTuple):
    """A part of an expression with its value: a column (by name), a literal, or computed."""

    kind: Kind
    value: Any
    node: ast.expr
    name: str | None = None
    literal: bool = False


@dataclass(frozen=True)
class Expression:
    """A checked text; `names` are the columns it speaks of."""

    argument: str
    text: str
    body: ast.expr
    ticked: dict[str, str]
    names: tuple[str, ...]

    @property
    def alone(self) -> str | None:
        """The column that it is, if it is nothing but a name in backquotes."""
        return self.names[0] if isinstance(self.body, ast.Name) else None

    def of(self, cells: Cells) -> tuple[Kind, Any, list[tuple[str, Use]]]:
        """The kind of the result, the result, and which columns of text were read as what on the way."""
        reader = _Reader(self, cells)
        term = reader.term(self.body)
        if self.argument == "where":
            return "flag", reader.condition(self.body, term), reader.uses
        if term.kind != "number" or term.literal:
            raise self.refusal(term.node, "is no number")
        return term.kind, term.value, reader.uses

    def name_of(self, node: ast.Name) -> str:
        """The column that a name stands for."""
        written = ast.get_source_segment(self._parsed, node) or node.id
        return self.ticked.get(written, written)

    @property
    def _parsed(self) -> str:
        return _without_ticks(self.text)[0]

    def refusal(self, node: ast.AST, problem: str, way_out: str = _KNOWN) -> InputError:
        """The error about a part, by its position."""
        line = self._parsed.encode()
        begin = len(line[: getattr(node, "col_offset", 0)].decode())
        end = len(line[: getattr(node, "end_col_offset", len(line))].decode())
        return _refused(self.argument, self.text, begin, self.text[begin:end], problem, way_out)


def _refused(argument: str, text: str, at: int, part: str, problem: str, way_out: str = _KNOWN) -> InputError:
    rule = f"must be a column or an expression: {part!r} at position {at} {problem}"
    return InputError("unknown-name", argument, text, rule, way_out)


def is_expression(text: str) -> bool:
    """Whether a text that names no column may be meant as an expression."""
    return bool(re.search(r"[-+*/<>=`]|\bis\b|\bin\b|\bnot\b", text.strip()))


def parse(argument: str, text: str, present: Collection[Any]) -> Expression:
    """A text as an expression on columns that are there, or its refusal."""
    text = text.strip()
    if len(text) > _LONGEST:
        raise _refused(argument, text, _LONGEST, text[_LONGEST:], f"is beyond {_LONGEST:,} letters")
    shown, ticked = _without_ticks(text)
    try:
        body = ast.parse(shown, mode="eval").body
    except SyntaxError as error:
        at = min(max((error.offset or 1) - 1, 0), max(len(text) - 1, 0))
        single = re.search("(?<![=!<>])=(?!=)", shown)
        way_out = "Compare by ==: one = sets a value, which nothing here does." if single else _KNOWN
        way_out = near(text, map(str, present)) + way_out
        raise _refused(argument, text, at, text[at : at + 10], "cannot be read", way_out) from None
    except (ValueError, RecursionError, MemoryError):
        raise _refused(argument, text, 0, text, "cannot be read") from None
    found = Expression(argument, text, body, ticked, ())
    for node in ast.walk(body):
        if isinstance(node, ast.expr) and not _is_known(node):
            raise found.refusal(node, "is not understood")
    return Expression(argument, text, body, ticked, _names(found, present))


def _names(found: Expression, present: Collection[Any]) -> tuple[str, ...]:
    """The columns that an expression speaks of, each once, and each there."""
    nodes = [node for node in ast.walk(found.body) if isinstance(node, ast.Name) and not _is_null(node)]
    names = dict.fromkeys(map(found.name_of, nodes))
    missing = [name for name in names if name not in present]
    if missing:
        whole = len(missing) == len(names) and found.argument != "where"  # a name with a dash in it, misspelt
        raise missing_column(found.argument, found.text if whole else missing[0], list(present))
    if not names:
        raise found.refusal(found.body, "names no column")
    return tuple(names)


def _without_ticks(text: str) -> tuple[str, dict[str, str]]:
    """The text with an identifier of the same length for each name in backquotes."""
    ticked: dict[str, str] = {}

    def identifier(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        made = f"{_TICK}{len(ticked)}".ljust(len(found[0]), _TICK)
        ticked[made] = found[1]
        return made

    return re.sub(r"[\n\r\t]", " ", _TICKS.sub(identifier, text)), ticked


def _is_known(node: ast.expr) -> bool:
    """Whether a part is of a kind that is understood, whatever it holds."""
    if isinstance(node, ast.BinOp):
        return type(node.op) in _ARITHMETIC
    parts = (ast.Name, ast.Constant, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Tuple, ast.List, ast.Set)
    return isinstance(node, parts)


def _is_null(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None
    return isinstance(node, ast.Name) and node.id.casefold() == "null"


class _Reader:
    """Walks an expression; remembers which columns of text it took for numbers or days."""

    def __init__(self, expression: Expression, cells: Cells) -> None:
        self.expression, self.cells = expression, cells
        self.uses: list[tuple[str, Use]] = []

    def term(self, node: ast.expr) -> _Term:
        """The value of a part."""
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.Name) and not _is_null(node):
            name = self.expression.name_of(node)
            kind = self.cells.kind(name)
            return _Term(kind, self.cells.plain(name) if kind == "flag" else None, node, name)
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            left, right = self._number(self.term(node.left)), self._number(self.term(node.right))
            return _Term("number", _ARITHMETIC[type(node.op)](left, right), node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            of = self.term(node.operand)
            number = self._number(of)
            return _Term(
                "number", -number if isinstance(node.op, ast.USub) else number, node, literal=of.literal
            )
        return _Term("flag", self._logic(node), node)

    def _logic(self, node: ast.expr) -> Any:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.condition(node.operand)
        if isinstance(node, ast.BoolOp):
            value: Any = self.condition(node.values[0])
            for other in node.values[1:]:
                held = self.condition(other)
                value = value & held if isinstance(node.op, ast.And) else value | held
            return value
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        raise self.expression.refusal(node, "is not understood")

    def _constant(self, node: ast.Constant) -> _Term:
        kind = _LITERALS.get(type(node.value))
        if kind is None:
            raise self.expression.refusal(node, "is not understood")
        if isinstance(node.value, int) and abs(node.value) >= _TOO_LARGE:
            raise self.expression.refusal(node, "is a number too large to be told from its neighbours")
        return _Term(kind, node.value, node, literal=True)

    def _number(self, term: _Term) -> Any:
        if term.kind == "number" and term.name is None:
            return term.value
        if term.name is not None and term.kind in ("number", "flag", "text"):
            if term.kind == "text":
                self.uses.append((term.name, "number"))
            return self.cells.number(term.name)
        self._refuse_other(term)
        raise self.expression.refusal(term.node, "is no number")

    def _refuse_other(self, term: _Term) -> None:
        if term.kind == "other":
            way_out = "Convert it to numbers, text, dates or True and False first."
            raise self.expression.refusal(
                term.node, "is a column of a type that cannot be read here", way_out
            )

    def condition(self, node: ast.expr, term: _Term | None = None) -> Any:
        """Where a part holds; not where it is missing."""
        term = term or self.term(node)
        self._refuse_other(term)
        if term.kind != "flag" or term.literal:
            way_out = "Compare it with something: active == 'true', or amount > 0."
            raise self.expression.refusal(node, "is no condition", way_out)
        return term.value if term.name is None else term.value & ~self.cells.missing(term.name)

    def _comparison(self, node: ast.Compare) -> Any:
        held = None
        for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            this = self._one(node, left, op, right)
            held = this if held is None else held & this
        return held

    def _one(self, node: ast.Compare, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Any:
        if isinstance(op, ast.Is | ast.IsNot):
            gone = self._gap(self.term(left))
            if not _is_null(right) or gone is None:
                raise self.expression.refusal(
                    node, "is not understood", "Write `x is null`, or compare by ==."
                )
            return gone if isinstance(op, ast.Is) else ~gone
        if _is_null(left) or _is_null(right):
            raise self.expression.refusal(node, "compares with null", "Write `x is null` or `x is not null`.")
        if isinstance(op, ast.In | ast.NotIn):
            return self._among(self.term(left), right, negated=isinstance(op, ast.NotIn))
        return self._compared(node, self.term(left), _COMPARISONS[type(op)], self.term(right))

    def _compared(self, node: ast.expr, left: _Term, compare: Callable[[Any, Any], Any], right: _Term) -> Any:
        if left.literal and not right.literal:
            left, compare, right = right, _turned(compare), left
        if left.literal:
            raise self.expression.refusal(node, "compares no column")
        self._refuse_other(left)
        self._refuse_other(right)
        if right.kind == "text" and right.literal:
            return self._with_text(node, left, compare, right.value)
        kinds = {left.kind, right.kind}
        if left.name is not None and right.name is not None and len(kinds) == 1 and kinds != {"number"}:
            if kinds == {"date"}:
                held = self.cells.compare_dates(left.name, compare, right.name)
                return held & ~self.cells.missing(left.name) & ~self.cells.missing(right.name)
            if compare.__name__ in _SAME and kinds != {"other"}:
                return self._held(compare(self._plain(left), self._plain(right)), left, right)
        if kinds == {"flag"} and compare.__name__ in _SAME:
            return self._held(compare(left.value, right.value), left, right)
        return self._numbers(compare, left, right)

    def _numbers(self, compare: Callable[[Any, Any], Any], left: _Term, right: _Term) -> Any:
        one, other = self._number(left), self._number(right)
        held = compare(one, other)
        for term, value in ((left, one), (right, other)):
            if not term.literal:
                held = held & ~self.cells.gap(value)
        return held

    def _with_text(self, node: ast.expr, left: _Term, compare: Callable[[Any, Any], Any], text: str) -> Any:
        day = from_text(text)
        if text == "":
            raise self.expression.refusal(
                node, "compares with no text", "An empty cell is missing: x is null."
            )
        dated = left.kind == "date" or compare.__name__ not in _SAME or (day is not None and "-" in text)
        if left.name is not None and dated:
            if day is None or left.kind not in ("date", "text"):
                way_out = "Text is compared by == and !=; dates with one such as '2024-12-31'."
                raise self.expression.refusal(node, "cannot be compared", way_out)
            if left.kind == "text":
                self.uses.append((left.name, "day"))
            return self._held(self.cells.compare_days(left.name, compare, day), left)
        if left.kind != "text" or left.name is None:
            way_out = "Numbers stand without quotation marks, and text is compared with text."
            raise self.expression.refusal(node, "compares different things", way_out)
        return self._held(compare(self._plain(left), text), left)

    def _among(self, left: _Term, right: ast.expr, *, negated: bool) -> Any:
        nodes = right.elts if isinstance(right, ast.Tuple | ast.List | ast.Set) else [right]
        terms = [self.term(node) for node in nodes]
        kinds = {term.kind for term in terms}
        if not terms or not all(term.literal for term in terms) or len(kinds) > 1 or kinds <= {"flag"}:
            raise self.expression.refusal(
                right, "is no list of numbers or of texts", "Write in ('UK', 'France')."
            )
        if left.literal:
            raise self.expression.refusal(left.node, "is no column")
        choices = [term.value if term.kind == "text" else float(term.value) for term in terms]
        if kinds == {"text"}:
            if left.kind != "text":
                raise self.expression.refusal(left.node, "is no column of text")
            found = self.cells.among(self._plain(left), choices)
            return self._held(~found if negated else found, left)
        number = self._number(left)
        found = self.cells.among(number, choices)
        return (~found if negated else found) & ~self.cells.gap(number)

    def _plain(self, term: _Term) -> Any:
        return self.cells.plain(term.name) if term.name is not None else term.value

    def _gap(self, term: _Term) -> Any:
        if term.name is not None:
            return self.cells.missing(term.name)
        return None if term.literal or term.kind != "number" else self.cells.gap(term.value)

    def _held(self, held: Any, *terms: _Term) -> Any:
        for term in terms:
            if term.name is not None:
                held = held & ~self.cells.missing(term.name)
        return held


def _turned(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The comparison with its sides exchanged."""
    sides = {"lt": operator.gt, "le": operator.ge, "gt": operator.lt, "ge": operator.le}
    return sides.get(compare.__name__, compare)
