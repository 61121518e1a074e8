"""Errors of the library in the words of the command line: arguments read as the options they came from."""

from __future__ import annotations

import re

from retainkit.errors import FitError, InputError, show
from retainkit.rates import Rate
from retainkit.units import Duration

_OPTIONS = {
    "in_engine": "--in-engine",
    "source": "FILE",
    "customer_id": "--customer-id",
    "date": "--date",
    "amount": "--amount",
    "unit": "--unit",
    "observation_end": "--observation-end",
    "holdout_from": "--holdout-from",
    "refunds": "--refunds",
    "date_format": "--date-format",
    "missing_ids": "--missing-ids",
    "order_id": "--order-id",
    "refund_window": "--refund-window",
    "where": "--where",
    "by": "--by",
    "start": "--start",
    "end": "--end",
    "plan": "--plan",
    "end_day": "--end-day",
    "months": "--months",
    "every": "--every",
    "new": "--new",
    "acceptance": "--acceptance",
    "incentive": "--incentive",
    "cost_per_contact": "--cost-per-contact",
    "path": "--to",
    "table": "FILE",
    "pdf": "--pdf",
    "amount_format": "--amount-format",
    "encoding": "--encoding",
    "separator": "--separator",
    "sheet": "--sheet",
    "heading_row": "--heading-row",
    "margin_share": "--margin-share",
    "spend_per_purchase": "--spend-per-purchase",
    "acquisition_cost": "--acquisition-cost",
    "margin_per_period": "--margin-per-period",
    "discount_rate": "--discount-rate",
    "horizon": "--horizon-years",
    "churn": "--churn",
    "timing": "--timing",
    "period": "--period",
    "churn_per": "--churn-per",
    "discount_per": "--discount-per",
    "Rate value": "--discount-rate",
    "Duration value": "--horizon-years",
}

ALIASES: dict[str, tuple[str, ...]] = {
    typed: meant
    for meant, words in {
        ("--acquisition-cost",): "--cost --cac",
        ("--margin-share", "--margin-per-period"): "--margin",
        ("--margin-share",): "--gross-margin --margin-pct --margin-rate",
        ("--churn",): "--churn-rate",
        ("--to", "--html"): "--output --out --output-file --write-to",
        ("--to",): "--csv --xlsx --save",
        ("--cost-per-contact",): "--contact-cost",
        ("--acceptance",): "--acceptance-rate --take-rate --success-rate",
        ("--incentive",): "--offer-cost --incentive-cost",
        ("--customer-id",): "--id --customer --customers --user-id --client-id --id-column --customer-column",
        ("--date",): "--dates --date-column --date-col --order-date",
        ("--amount",): "--amounts --amount-column --amount-col --revenue --mrr",
        ("--observation-end",): "--as-of --until --observed-until --cutoff --snapshot-date",
        ("--holdout-from",): "--holdout",
        ("--by",): "--segment --segment-by --group-by",
        ("--separator",): "--sep --delimiter",
        ("--plan",): "--plans --plan-column",
        ("--where",): "--filter",
        ("--horizon-years",): "--years",
        ("--new",): "--new-revenue --new-mrr",
    }.items()
    for typed in words.split()
}
"""What people type for an option: taken for the first that the command has."""

_NEAR = {
    "--horizon": ("--months", "--horizon-years"),
    "--periods": ("--months",),
    "--discount": ("--discount-rate",),
    "--price": ("--amount",),  # of a piece, or of the line?
}
"""Words that do not say what they count, or what they mean: told, and not taken."""


def in_own_words(arguments: list[str], has: frozenset[str]) -> list[str]:
    """Arguments with the options that a command has, where they were written in other words."""
    return [_own(text, has) if text.startswith("--") and len(text) > 2 else text for text in arguments]


def _own(text: str, has: frozenset[str]) -> str:
    name, sign, value = text.partition("=")
    name = name.replace("_", "-")
    meant = next((word for word in ALIASES.get(name, ()) if word in has and name not in has), name)
    return f"{meant}{sign}{value}" if meant in has else text


def near_option(name: str, has: frozenset[str]) -> str:
    """The option that may be meant by one that a command has not, as a sentence; empty for none."""
    words = [word for word in _NEAR.get(name, ()) if word in has]
    return f" Here it is {' or '.join(words)}." if words else ""


_WAYS_OUT = {("horizon", "out-of-range"): "Give a number of years, for example 3."}
_PYTHON_ONLY = (
    " For other places and formats pass a dataframe or a DuckDB relation.",
    "; later='drop' leaves them out and counts them",
)
"""Where the library's own advice speaks of Python."""

_IN_TEXT = re.compile(
    r"""\b(?P<set>\w+)=(?:'(?P<word>[^']*)'|(?P<number>[\w.]+))  # refunds='net' → --refunds net
    | '[^']*' | "[^"]*"                                          # a quoted name stays as it is
    | \b(?P<name>[a-z]+(?:_[a-z]+)+)\b                           # observation_end → --observation-end
    """,
    re.VERBOSE,
)


def option(argument: str) -> str:
    """The option that sets an argument."""
    return _OPTIONS.get(argument, argument)


def as_options(error: InputError | FitError) -> str:
    """The error in one sentence or two, as someone at a command line would write it."""
    if isinstance(error, FitError):
        return _translated(str(error))
    way_out = _WAYS_OUT.get((error.argument, error.code)) or _translated(error.way_out)
    way_out = f" {way_out}"
    for said in _PYTHON_ONLY:
        way_out = way_out.replace(said, "")
    return f"{option(error.argument)} {_translated(error.rule)}{_got(error.value)}.{way_out}".rstrip()


def _got(value: object) -> str:
    if value is None:
        return ""
    return f", got {value if isinstance(value, Rate | Duration) else show(value)}"


def _translated(sentence: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        name = found["set"] or found["name"] or ""
        if name not in _OPTIONS:
            return found[0]
        value = found["word"] or found["number"]
        return f"{_OPTIONS[name]} {value}" if found["set"] else _OPTIONS[name]

    return _IN_TEXT.sub(replaced, sentence)
