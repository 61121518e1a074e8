"""What is no such result is refused by name; without matplotlib the numbers are there all the same."""

from __future__ import annotations

import sys
from typing import Any, cast

import pytest

import retainkit as rk
from retainkit import plot

EVEN = rk.break_even(500, 50, churn=0.05)
MODEL = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")


@pytest.mark.parametrize(
    "name",
    ["tracking", "cohorts", "break_even", "forecast", "bridge", "concentration", "drivers", "profit_curve",
     "response", "tornado", "turning_points"],
)  # fmt: skip
def test_what_is_no_such_result_is_refused(name: str) -> None:
    with pytest.raises(rk.InputError, match="must be a"):
        getattr(plot, f"plot_{name}")({"cost": 1.0})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plot.plot_matrix(MODEL, T=0), "T must be"),
        (lambda: plot.plot_matrix(MODEL, T=52, of=cast("Any", "worth")), "of must be one of"),
        (lambda: plot.plot_matrix(MODEL, T=52, of="purchases"), "horizon must be given"),
        (lambda: plot.plot_matrix(MODEL, T=52, of="value", horizon=9), "margin_per_purchase must be given"),
        (lambda: plot.plot_history(MODEL, [60], until=52), "purchases must end before"),
        (lambda: plot.plot_survival(rk.Geometric(0.1)), "horizon must be given"),
        (lambda: plot.plot_survival(rk.Geometric(0.1), horizon=9, level=1.0), "level must be"),
        (lambda: plot.plot_break_even(EVEN, payments=0), "payments must be"),
        (lambda: plot.data(print, EVEN), "plot must be a function of retainkit.plot"),
        (lambda: plot.data(plot.plot_break_even, EVEN, kind=cast("Any", "excel")), "kind must be one of"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(call: Any, message: str) -> None:
    with pytest.raises(rk.InputError, match=message):
        call()


def test_without_matplotlib_there_are_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert plot.data(plot.plot_break_even, EVEN, payments=2)["net"].tolist() == [-500.0, -450.0, -402.5]
    with pytest.raises(rk.errors.MissingDependencyError, match=r"pip install 'retainkit\[plot\]'"):
        plot.plot_break_even(EVEN)


def test_numbers_come_in_the_kind_of_table_that_is_asked_for() -> None:
    found = plot.data(plot.plot_break_even, EVEN, payments=2, kind="pandas")
    assert list(found.columns) == ["payments", "net"]
