"""The questions as tools, a report on a table of the folder, and what may be named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

from pydantic import Field, ValidationError

from retainkit.api import VERBS, Answer, Refusal, Request, Verb
from retainkit.errors import InputError, RetainkitError
from retainkit.files import load
from retainkit.rates import Rate
from retainkit.reports import report
from retainkit.typing import Plain
from retainkit.units import Duration

_ROWS = 1_000  # of a column: an agent reads the answer, and what it cannot read it should not ask for
_TABLES = (".csv", ".parquet", ".json", ".jsonl", ".xlsx", ".gz")


class FolderFiles(Answer):
    """What questions may name."""

    models: tuple[str, ...] = Field(description="files that retainkit.save wrote, without .json")
    tables: tuple[str, ...] = Field(description="for report-on-file")


class ListFiles(Request):
    """Which models and tables the user's folder holds."""

    verb: ClassVar[str] = "list-files"

    def answer(self, models: Mapping[str, Any]) -> Answer:
        """The names of the folder's files."""
        folder: Folder = models["folder"]
        return FolderFiles(models=tuple(folder.models()), tables=tuple(folder.tables()))


class ReportAnswer(Answer):
    """The verdict first, then the report as text, with its assumptions and turning points."""

    verdict: str
    text: str


class ReportOnFile(Request):
    """What the customers of a table are worth, whether to believe it, and what follows.

    Of a table of purchases name `customer_id`, `date` and `amount`; of one of subscriptions `start` in the
    place of `date`, and `end`.
    """

    verb: ClassVar[str] = "report-on-file"

    file: str = Field(description="name of a table, as list-files tells it")
    customer_id: str = Field(description="name of the column of ids")
    date: str | None = Field(default=None, description="name of the column of days, of purchases")
    start: str | None = Field(default=None, description="name of the column of first days, of subscriptions")
    end: str | None = Field(default=None, description="name of the column of the first days without")
    amount: str | None = Field(default=None, description="name of the column of money")
    unit: Literal["day", "week", "month"] = Field(default="week", description="of time, of purchases")
    margin_share: float = Field(ge=0.0, le=1.0, description="share of revenue left after its own costs")
    annual_discount_rate: float = Field(gt=-1.0, le=1.0, description="0.1 is 10% a year")
    horizon_years: float = Field(gt=0.0, description="how far to count")

    def answer(self, models: Mapping[str, Any]) -> Answer:
        """The report's verdict and text."""
        asked: Plain = {"customer_id": self.customer_id, "amount": self.amount}
        if self.start is not None:
            asked |= {"start": self.start, "end": self.end}
        else:
            asked |= {"date": self.date, "unit": self.unit}
        made = cast("Any", report)(
            str(models["folder"].table(self.file)),
            margin_share=self.margin_share,
            discount_rate=Rate(self.annual_discount_rate, per="year"),
            horizon=Duration(self.horizon_years, "year"),
            title=self.file,
            **asked,
        )
        return ReportAnswer(verdict=str(made.verdict), text=made.to_text(88))


TOOLS: dict[str, Verb] = {
    **VERBS,
    ListFiles.verb: Verb(ListFiles, FolderFiles),
    ReportOnFile.verb: Verb(ReportOnFile, ReportAnswer),
}
"""Every tool by its name: what it is asked, and what it is answered with."""


class Folder(Mapping[str, Any]):
    """The models of a folder by name, each read when it is asked for; and the names of its tables.

    Nothing outside of it can be named: neither by a path nor by a link that leads out.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            rule, way_out = "must be a folder", "Make it, or name another."
            raise InputError("missing-file", "files", str(root), rule, way_out)
        self.root = root.resolve()

    def models(self) -> list[str]:
        """Names of the files that may be models."""
        return [name.removesuffix(".json") for name in self._names((".json",))]

    def tables(self) -> list[str]:
        """Names of the files that may be tables."""
        return self._names(_TABLES)

    def table(self, name: str) -> Path:
        """The path of one of the tables; another name is refused."""
        known = self.tables()
        if name not in known:
            rule = f"must be one of the tables of the folder: {', '.join(known) or 'there is none'}"
            raise InputError("missing-file", "file", name, rule, "Ask list-files for their names.")
        return self.root / name

    def _names(self, endings: tuple[str, ...]) -> list[str]:
        return sorted(
            path.name
            for path in self.root.iterdir()
            # a link to itself is no file, and has no place that it leads to
            if path.name.endswith(endings) and path.is_file() and path.resolve().is_relative_to(self.root)
        )

    def __getitem__(self, name: str) -> Any:
        if name == "folder":
            return self
        if name not in self.models():
            raise KeyError(name)
        return load(self.root / f"{name}.json")

    def __iter__(self) -> Any:
        return iter(self.models())

    def __len__(self) -> int:
        return len(self.models())


def called(name: str, arguments: Mapping[str, Any], folder: Folder) -> tuple[Plain, bool]:
    """The answer of a tool as plain values, and whether it is a refusal."""
    try:
        answer = TOOLS[name].request.model_validate({**arguments}).answer(folder)
    except (RetainkitError, ValidationError) as error:
        return json.loads(Refusal.of_error(error).to_json()), True
    told: Plain = json.loads(answer.to_json())
    lengths = {field: len(cast("list[Any]", v)) for field, v in told.items() if isinstance(v, list)}
    for field, rows in lengths.items():
        if rows > _ROWS:
            rule = f"must have at most {_ROWS:,} rows where an agent reads the answer"
            way_out = "Ask in parts, or use retainkit itself for the whole table."
            refused = Refusal.of_error(InputError("not-supported", field, rows, rule, way_out))
            return json.loads(refused.to_json()), True
    return told, False


def in_words(answer: Plain, *, refused: bool) -> str:
    """An answer in a few lines; of a long column the first five."""
    if refused:
        lines: list[str] = []
        for problem in answer["problems"]:
            row = "" if problem["row"] is None else f" (row {problem['row']})"
            got = f", got {problem['value']}" if problem["value"] else ""
            lines.append(f"{problem['argument']} {problem['rule']}{got}{row}. {problem['way_out']}".strip())
        return "\n".join(lines)
    return "\n".join(f"{name.replace('_', ' ')}: {_shown(value)}" for name, value in answer.items())


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {_shown(each)}" for name, each in cast("Plain", value).items())
    if isinstance(value, list) and len(entries := cast("list[object]", value)) > 5:
        return f"{', '.join(map(str, entries[:5]))} … ({len(entries):,} in all)"
    return str(cast("object", value))
