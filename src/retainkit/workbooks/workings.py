"""The steps from assumptions to figures, on a sheet of their own, and what each is now."""

from __future__ import annotations

from math import exp, expm1, inf, isfinite, log, log1p
from typing import Any

from retainkit.economics.cashflows.capital import convert_rate
from retainkit.economics.lifetime.elasticity import elasticities
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.economics.lifetime.residual_value import residual_lifetime_value
from retainkit.rates import Rate, as_read
from retainkit.timing import DELAY
from retainkit.typing import Plain
from retainkit.valuation.scenarios import UnitEconomics, UnitEconomicsResult
from retainkit.workbooks import formulas
from retainkit.workbooks.book import Book, Sheet, named, plain_value


def terms_of(scenario: Plain) -> Plain:
    """What the library's formulas take."""
    per_month = convert_rate(scenario["annual_discount_rate"], per="year", to="month", meant=True)
    months_ = inf if scenario["horizon_months"] is None else float(scenario["horizon_months"])
    return {
        "churn": scenario["monthly_churn"], "discount_rate": as_read(per_month), "timing": scenario["timing"],
        "horizon": months_,
    }  # fmt: skip


def now(result: UnitEconomicsResult) -> Plain:
    """What every working is now, by its name."""
    s: Plain = dict(result.scenario)
    t = terms_of(s)
    c, d, timing = t["churn"], float(t["discount_rate"]), t["timing"]
    gross = s.get("monthly_margin")
    gross = s["monthly_revenue"] * s["margin_share"] if gross is None else gross
    cost = s["acquisition_cost"] + s["onboarding_cost"]
    margin = gross - s["monthly_retention_cost"]
    each: Plain = {n: v for n, v in t.items() if n != "timing"}
    waits = elasticities(1.0, **t, undefined="nan")
    left = "none" if c == 1.0 else log1p(-c) - log1p(d)
    begun = {"begin": 1.0 + d, "mid": (1.0 + d) ** 0.5, "end": 1.0}
    net = result.net_value
    ever = _without_horizon(s)
    return {
        "cost": cost,
        "gross": gross,
        "margin": margin,
        "discount": d,
        "lost": d + c,
        "left": left,
        "first": begun.get(timing, 1.0 - c),
        "worth": lifetime_value(1.0, **t),
        "worth_renewed": residual_lifetime_value(1.0, **each, instant="after-payment"),
        "wait": float(waits.duration) - DELAY.get(timing, 0.0),
        "flow": 1.0
        if timing != "continuous"
        else 0.0
        if left == "none"
        else expm1(left) / left
        if left
        else 1.0,
        "delay": DELAY.get(timing, 0.0),
        "first_without_churn": begun.get(timing, 1.0),
        "net_share": 1.0 if cost == 0.0 else result.lifetime_value / net if net else inf,
        "payback_ever": plain_value(ever.payback_months, "never"),
        "return_ever": ever.monthly_rate_of_return,
        "critical_ever": ever.critical_monthly_churn if cost > 0.0 and margin > 0.0 else "undefined",
        "return_solved": result.monthly_rate_of_return,
        "critical_solved": result.critical_monthly_churn,
        **t,
    }


def _without_horizon(scenario: Plain) -> UnitEconomicsResult:
    given = {name: v for name, v in scenario.items() if v is not None and name != "horizon_months"}
    given["annual_discount_rate"] = Rate(scenario["annual_discount_rate"], per="year", meant=True)
    return UnitEconomics(**given).evaluate()


def write_workings(book: Book, sheet: Sheet, values: Plain, names: dict[str, str]) -> dict[str, str]:
    """The steps on the way to the figures, and the names of their cells."""
    sheet.heading("Workings", "Steps on the way to the figures; nothing here is to be changed.")
    steps = [(w.name, w.what, w.formula) for w in formulas.WORKINGS]
    if "monthly_margin" not in names:
        steps = [(n, w, "monthly_revenue*margin_share" if n == "gross" else f) for n, w, f in steps]
    steps += [(n, n.replace("_", " "), f) for n, f in formulas.EVER.items()]
    steps += [("net_share", "Lifetime value over what is left after the cost", formulas.NET_SHARE)]
    first = 4
    known = {n: book.name(n, sheet.at(first + k, 1)) for k, (n, _, _) in enumerate(steps)}
    below = first + len(steps) + 1
    searches = [(s, below + k * (formulas.STEPS + 7)) for k, s in enumerate(formulas.SEARCHES)]
    known |= {s.name: book.name(s.name, sheet.at(row, 1)) for s, row in searches}
    every = names | known
    sheet.head(first - 1, ("step", "value"))
    for row, (name, what, formula) in enumerate(steps, first):
        sheet.put(row, 0, what[0].upper() + what[1:], "text")
        sheet.formula(row, 1, named(formula, every), values[name])
    for search, row in searches:
        _search(sheet, row, search, every, values)
    return known


def _search(sheet: Sheet, row: int, search: formulas.Search, names: dict[str, str], values: Plain) -> None:
    """Rows of Newton's method, and the figure that the last of them gives."""
    found = _newton(search.name, values)
    target, power = sheet.at(row + 1, 1), sheet.at(row + 2, 1)
    here = names | {"target": target, "power": power}
    sheet.put(row, 0, search.what, "text", "total")
    sheet.put(row + 1, 0, "ln of what the payments have to be worth, in first ones", "text")
    sheet.put(row + 2, 0, "how often the first of them is discounted", "text")
    sheet.formula(row + 1, 1, named(search.target, here), found["target"])
    sheet.formula(row + 2, 1, named(search.power, here), found["power"])
    sheet.head(row + 4, ("step", "L", "ln S(L)", "slope"))
    for k, (at, total, rise) in enumerate(found["steps"]):
        line = row + 5 + k
        cell = sheet.at(line, 1)
        before = [sheet.at(line - 1, c) for c in (1, 2, 3)]
        moved = formulas.STEP.format(at=before[0], sum=before[1], slope=before[2])
        start = formulas.START.format(needed=search.needed)
        sheet.put(line, 0, k + 1, "count", "quiet")
        sheet.formula(line, 1, named(moved if k else start, here), at)
        for column, formula, value in ((2, formulas.log_sum(cell), total), (3, formulas.slope(cell), rise)):
            sheet.formula(line, column, named(f'IF(ISNUMBER({cell}),{formula},"none")', here), value)
    last = sheet.at(row + 4 + formulas.STEPS, 1)
    answer = search.answer.format(at=last)
    known = values[search.name] if found["steps"][-1][0] != "none" else found["otherwise"]
    sheet.formula(row, 1, named(answer, here), known)


def _newton(name: str, v: Plain) -> Plain:
    """The same rows as numbers, for those who read the workbook without calculating it."""
    n, c, timing = v["horizon"], v["churn"], v["timing"]
    returns, flowing = name == "return_solved", timing == "continuous"
    late = {"mid": 0.5, "end": 1.0, "end-if-retained": 1.0} if returns else {"end-if-retained": 1.0}
    rows: list[tuple[Any, Any, Any]] = [("none", "none", "none")] * formulas.STEPS
    found: Plain = {"target": "none", "power": late.get(timing, 0.0), "steps": rows, "otherwise": "none"}
    if v["cost"] <= 0.0 or v["margin"] <= 0.0 or (returns and c == 1.0):
        return found
    shift = {"mid": 0.5, "end": 1.0}.get(timing, 0.0) * (log1p(-c) if returns else log1p(v["discount"]))
    target: float = log(v["cost"] / v["margin"]) + shift
    found["target"] = target
    if not returns:
        found["otherwise"] = 0.0 if target > 0.0 else "infinite"
    if n < inf and _searched(returns, target, v):
        power: float = found["power"]
        at = (target - log(n)) / (power + (n if flowing else n - 1.0) / 2.0)
        for k in range(formulas.STEPS):
            total, rise = _log_sum(at, n, flowing)
            rows[k] = at, total, rise
            at -= (total + power * at - target) / (rise + power)
    return found


def _searched(returns: bool, target: float, v: Plain) -> bool:
    """Whether there is something to find: `Search.needed`, with a horizon."""
    if returns:
        return isfinite(v["return_ever"]) and (v["timing"] != "begin" or v["horizon"] > 1.0)
    return v["timing"] in ("end-if-retained", "continuous") or (v["horizon"] > 1.0 and target > 0.0)


def _log_sum(at: float, n: float, flowing: bool) -> tuple[float, float]:
    """ln S(L) and its slope."""
    if abs(n * at) < 0.003:
        a, b = (n / 2.0, n**2 / 12.0) if flowing else ((n - 1.0) / 2.0, (n**2 - 1.0) / 12.0)
        return log(n) + a * at + b / 2.0 * at**2, a + b * at
    last = -n * exp(n * at) / -expm1(n * at)
    if flowing:
        return log(expm1(n * at) / at), -1.0 / at + last
    return log(expm1(n * at) / expm1(at)), exp(at) / -expm1(at) + last
