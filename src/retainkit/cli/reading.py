"""The options that say how FILE is read, the same for every command, and the reading itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, TypeAlias, get_type_hints

import typer

from retainkit.cli import options
from retainkit.cli.deliver import file_problem
from retainkit.cli.messages import option
from retainkit.errors import InputError, MissingDependencyError, missing_argument
from retainkit.ingest import TransactionSummary
from retainkit.metrics import SubscriptionBase, read_subscriptions
from retainkit.tables.files import locate
from retainkit.typing import Plain
from retainkit.units import check_unit
from retainkit.validation.best import read_split

File: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="FILE", help="CSV, Excel, Parquet or JSON lines: a path, or a quoted glob."),
]
_DATED, _STARTED, _MONEY = "date", ("start", "end"), "amount"  # columns where none are named


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A file, and how it is to be read: one field an option."""

    file: File
    customer_id: options.CustomerId = "customer_id"
    date: options.DateColumn = None
    start: options.StartColumn = None
    end: options.EndColumn = None
    plan: options.PlanColumn = None
    amount: options.Amount = None
    unit: options.UnitOfTime = "week"
    by: options.By = None
    observation_end: options.ObservationEnd = None
    end_day: options.EndDay = "first-without"
    refunds: options.Refunds = "net"
    date_format: options.DateFormat = None
    missing_ids: options.MissingIds = "error"
    order_id: options.OrderId = None
    refund_window: options.RefundWindow = None
    where: options.Where = None
    amount_format: options.AmountFormat = None
    encoding: options.Encoding = None
    separator: options.Separator = None
    sheet: options.Sheet = None
    heading_row: options.HeadingRow = None

    @property
    def reading(self) -> Plain:
        """What `TableSource` knows."""
        names = ("where", "amount_format", "encoding", "separator", "sheet", "heading_row")
        return {name: getattr(self, name) for name in names}

    def dated(self, money: str | None) -> Plain:
        """How a table of transactions is read."""
        names = ("customer_id", "observation_end", "refunds", "date_format", "missing_ids", "order_id")
        given = {name: getattr(self, name) for name in (*names, "refund_window")}
        columns = {"date": self.date or _DATED, "amount": money, "unit": check_unit("unit", self.unit)}
        return {**given, **columns, **self.reading}

    def transactions(self, holdout_from: str | None = None) -> TransactionSummary:
        """The file as transactions."""
        return read_split(self.file, self.dated(self.amount or _MONEY), holdout_from)

    def subscriptions(self) -> SubscriptionBase:
        """The file as subscriptions, with the columns named or the usual ones."""
        names = ("customer_id", "plan", "observation_end", "end_day", "date_format", "missing_ids")
        given: Any = {name: getattr(self, name) for name in names}
        start, end = self.start or _STARTED[0], self.end or _STARTED[1]
        kind = None if self.by in (None, "plan") else self.by
        columns: Any = {"start": start, "end": end, "amount": self.amount or _MONEY, "segment": kind}
        return read_subscriptions(self.file, **given, **columns, **self.reading)

    def either(self, read: Callable[[], Any]) -> Any:
        """What `read` makes of transactions, or the base of a file of subscriptions.

        A file is one of subscriptions where `--start` names a column; or where no `--date` is named, there is
        no column of that name, and there are columns start and end.
        """
        try:
            if self.start is not None:
                return self.subscriptions()
            try:
                return read()
            except InputError as error:
                if self.date is not None or (error.code, error.argument) != ("missing-column", "date"):
                    raise
                if not all(repr(name) in error.way_out for name in _STARTED):  # the columns that there are
                    raise
                return self.subscriptions()
        except MissingDependencyError as error:
            raise file_problem(error) from error

    def table(self, holdout_from: str | None = None) -> TransactionSummary | SubscriptionBase:
        """The file as what it is."""
        return self.either(lambda: self.transactions(holdout_from))


_NEEDED = {
    "margin_share": (
        "must be given: customers are worth the margin on what they spend, and only you know it",
        "For 30% of spend left after its own costs write --margin-share 30%.",
    ),
    "path": ("must name the workbook to write", "For example --to values.xlsx."),
    "acceptance": (
        "must be given: how many of those leaving the offer keeps",
        "For one in ten write --acceptance 10%.",
    ),
}


def require(**given: object) -> None:
    """Refuse options that have no default and were not given: all at once, with how each is written."""
    missing = [name for name, value in given.items() if value is None]
    if missing:
        rules, ways = zip(*(_NEEDED[name] for name in missing), strict=True)
        others = [f"{option(name)} {rule}" for name, rule in zip(missing[1:], rules[1:], strict=True)]
        raise missing_argument(missing[0], "; ".join([rules[0], *others]), " ".join(ways))


_OWN = {f.name: f for f in fields(FileRequest)}


def reads_file(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes a `FileRequest` first, as one whose options are those of the file and its own."""
    hints = get_type_hints(FileRequest, include_extras=True)
    own_hints = get_type_hints(command, include_extras=True)
    _, *own = signature(command).parameters.values()

    def run(**given: Any) -> None:
        asked = FileRequest(**{name: given.pop(name) for name in _OWN})
        locate(asked.file)  # a missing file is told before any option is asked for
        command(asked, **given)

    needed = Parameter("file", Parameter.KEYWORD_ONLY, annotation=hints["file"])
    shared = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[name])
        for name, f in _OWN.items()
        if name != "file"
    ]
    mine = [p.replace(kind=Parameter.KEYWORD_ONLY, annotation=own_hints[p.name]) for p in own]
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    parameters = [needed, *mine, *shared]
    setattr(run, "__signature__", Signature(parameters))  # noqa: B010 - functions have it, typing does not know
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run
