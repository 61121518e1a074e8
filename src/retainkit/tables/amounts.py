"""The one rule for amounts in text: how a number is written, told by an example of 1234.56."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from string import punctuation
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.tables.problems import Fault
from retainkit.typing import Array

if TYPE_CHECKING:
    import narwhals as nw

NUMBER = "^[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?$"
"""A number as programs write it, in the dialect of regular expressions that all engines share."""

_BLANK = "[ \u00a0\u202f]"
_MINUS = "[-\u2212]"
_APOSTROPHE = "['\u2019]"
_EXAMPLE = re.compile(r"(?P<before>\D*)1(?P<thousands>\D?)234(?:(?P<decimal>[.,])56)?(?P<after>\D*)")
_AN_EXAMPLE = "'1.234,56', '$1,234.56' or '(1,234.56)' for one"


@dataclass(frozen=True)
class AmountRule:
    """How text writes a number.

    Parameters
    ----------
    example : str, optional
        How 1234.56 would be written: "1.234,56", "$1,234.56"; "(1,234.56)" where brackets stand for a minus,
        "1234.56-" where it follows. None: as programs write it.
    """

    example: str | None = None

    def __post_init__(self) -> None:
        if self.example is not None:
            _ = self.text

    @cached_property
    def _parts(self) -> tuple[str, str, str, str, bool]:
        """Sign before, separator of thousands, decimal point, sign after, whether brackets are a minus."""
        found = _EXAMPLE.fullmatch(self.example.strip()) if isinstance(self.example, str) else None
        before, after = (found["before"], found["after"]) if found else ("", "")
        brackets = "(" in before and ")" in after
        kept = [re.sub(f"{_BLANK}|{_MINUS}" + "|[()]" * brackets, "", side) for side in (before, after)]
        if found is None or any(re.search(r"[().,0-9]{2}|^[.,]", side) for side in kept):
            rule = "must show how 1234.56 is written in the table"
            raise InputError("wrong-type", "amount_format", self.example, rule, f"Write {_AN_EXAMPLE}.")
        decimal = found["decimal"] or ("," if found["thousands"] == "." else ".")
        if decimal == found["thousands"]:
            rule = "must have two different signs for thousands and decimals"
            raise InputError("wrong-type", "amount_format", self.example, rule, f"Write {_AN_EXAMPLE}.")
        return kept[0], found["thousands"], decimal, kept[1], brackets

    @cached_property
    def text(self) -> str:
        """The regular expression of a number, in the dialect that all engines share."""
        if self.example is None:
            return NUMBER
        before, thousands, decimal, after, brackets = self._parts
        grouped = f"[0-9]{{1,3}}(?:{_one(thousands)}[0-9]{{3}})+|" if thousands else ""
        number = f"(?:{grouped}[0-9]+)(?:{_literal(decimal)}[0-9]*)?"
        sign, first, last = f"(?:[+]|{_MINUS})?", _optional(before), _optional(after)
        lead = f"(?:{sign}{_BLANK}*{first}|{first}{_BLANK}*{sign})" if before else sign
        way = f"{lead}{_BLANK}*{number}{_BLANK}*{last}"
        ways = [way, f"{number}{_BLANK}*{_MINUS}{_BLANK}*{last}"]
        if brackets:
            core = f"{first}{_BLANK}*[(]{_BLANK}*{first}{_BLANK}*{number}{_BLANK}*{last}{_BLANK}*[)]"
            ways.append(f"{core}{_BLANK}*{last}")
        return f"^{_BLANK}*(?:{'|'.join(ways)}){_BLANK}*$"

    @property
    def signs(self) -> tuple[str, ...]:
        """The currency signs, which may hold a point of their own."""
        return tuple(dict.fromkeys(sign for sign in (self._parts[0], self._parts[3]) if sign))

    @property
    def decimal(self) -> str:
        """The decimal point."""
        return "." if self.example is None else self._parts[2]

    def in_sql(self, raw: str) -> str:
        """The expression for the number of a text in DuckDB; NULL where there is none."""
        shape, text = _quoted(self.text), raw
        if self.example is None:
            return f"CASE WHEN regexp_full_match({raw}, {shape}) THEN TRY_CAST({raw} AS DOUBLE) END"
        for sign in self.signs:
            text = f"replace({text}, {_quoted(sign)}, '')"
        text = f"regexp_replace({text}, {_quoted(f'[^0-9{self.decimal}]')}, '', 'g')"
        number = f"TRY_CAST(replace({text}, {_quoted(self.decimal)}, '.') AS DOUBLE)"
        minus = f"CASE WHEN regexp_matches({raw}, {_quoted(f'[(]|{_MINUS}')}) THEN -1 ELSE 1 END"
        return f"CASE WHEN regexp_full_match({raw}, {shape}) THEN {minus} * {number} END"

    def in_engine(self, text: nw.Expr) -> nw.Expr:
        """The same as an expression of narwhals; null where there is no number."""
        import narwhals as nw

        good = text.str.contains(self.text)
        if self.example is None:
            return nw.when(good).then(text).cast(nw.Float64)
        minus = text.str.contains(f"[(]|{_MINUS}")
        for sign in self.signs:
            text = text.str.replace_all(sign, "", literal=True)
        text = text.str.replace_all(f"[^0-9{self.decimal}]", "")
        number = nw.when(good).then(text.str.replace_all(self.decimal, ".", literal=True)).cast(nw.Float64)
        return nw.when(minus).then(-number).otherwise(number)

    def of_text(self, text: str) -> float | None:
        """The number of one text; None where there is none."""
        if not re.fullmatch(self.text, text):
            return None
        digits = text
        if self.example is not None:
            for sign in self.signs:
                digits = digits.replace(sign, "")
            digits = re.sub(f"[^0-9{self.decimal}]", "", digits).replace(self.decimal, ".")
            return -float(digits) if re.search(f"[(]|{_MINUS}", text) else float(digits)
        return float(digits)

    def of_texts(self, texts: list[Any]) -> tuple[Array, NDArray[np.bool_]]:
        """Numbers of Python objects, texts among them read by the rule, and which of them are none."""
        found = [self.of_text(value) if isinstance(value, str) else _number(value) for value in texts]
        bad = np.array([value is None for value in found], np.bool_)
        return np.array([np.nan if value is None else value for value in found], np.float64), bad


_A_DATE = r"\d{4}-\d\d-\d\d.*|\d\d?[./]\d\d?[./]\d{4}"


def unreadable(value: object, rule: AmountRule) -> Fault:
    """What is wrong with a value that is no number, with the format that would read it."""
    shape = "with a decimal point" if rule.example is None else f"of the form {rule.example!r}"
    like = example_of(value) if isinstance(value, str) else None
    if like is not None and AmountRule(like).of_text(str(value)) is not None:
        way_out = f"amount_format={like!r} reads it."
    elif isinstance(value, date) or re.fullmatch(_A_DATE, str(value)):
        way_out = "That is a date: name the column of the amounts, or leave out such lines by where=."
    elif isinstance(value, str) and re.search("[0-9]", value):
        way_out = f"Say how 1234.56 would be written: amount_format={_AN_EXAMPLE}."
    else:
        way_out = f'Correct it, or leave out such lines: where="{{column}} != {value!r}".'
    return Fault("wrong-type", f"must be numbers {shape}", way_out)


def example_of(text: str) -> str | None:
    """How 1234.56 would be written the way that a text writes its number; None where that is not clear."""
    found = re.search(r"[0-9](?:[0-9.,' \u00a0\u202f\u2019]*[0-9])?", text)
    if found is None:
        return None
    number = found[0]
    marks = re.findall("[^0-9]", number)
    parts = re.split("[^0-9]", number)
    last = marks[-1] if marks else ""
    decimal = last if last in (".", ",") and (len(parts[-1]) != 3 or len(set(marks)) > 1) else ""
    thousands = next((mark for mark in marks if mark != decimal), "")
    if marks and not decimal and last in (".", ",") and len(marks) == 1:
        return None  # 1,234 may be either
    decimal = decimal or ("," if thousands == "." else ".")
    sides = [re.sub(f"{_MINUS}|[+]", "", side) for side in (text[: found.start()], text[found.end() :])]
    if re.search("[0-9]", "".join(sides)):
        return None
    return f"{sides[0]}1{thousands}234{decimal}56{sides[1]}".strip()


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _literal(text: str) -> str:
    return "".join(f"\\{letter}" if letter in punctuation else letter for letter in text)


def _one(mark: str) -> str:
    return _BLANK if re.fullmatch(_BLANK, mark) else _APOSTROPHE if mark in "'\u2019" else _literal(mark)


def _optional(sign: str) -> str:
    return f"(?:{_literal(sign)})?" if sign else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


PLAIN = AmountRule()
COMMA = AmountRule("1234,56")
"""Numbers with a decimal comma, as found in text that is not separated by commas."""
