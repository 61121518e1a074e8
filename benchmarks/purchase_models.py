"""The purchase models beside BG/NBD, against lifetimes in the same run.

    python benchmarks/purchase_models.py            # fits, a million customers, scoring, memory
    python benchmarks/purchase_models.py --quick    # the fits to published data alone

Fits: both sides start from the same arrays; medians of runs in turn, wall time. A million customers: ours
alone (lifetimes gave no answer in 400 s), with PyMC-Marketing's MAP beside it where it is installed.
Scoring: P(alive), expected purchases in a year and their discounted value, each customer's own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
from fits import in_turn, show, simulated, timed

import retainkit as rk
from retainkit.ingest.examples import load_cdnow


def sample() -> dict[str, np.ndarray]:
    tx = rk.summarize_transactions(
        load_cdnow("sample"), customer_id="customer_id", date="date", unit="week", holdout_from="1997-10-01"
    )
    assert tx.calibration is not None
    return tx.calibration.purchases.columns


def fit_purchases(columns: dict[str, np.ndarray]) -> None:
    import pandas as pd
    from lifetimes import ModifiedBetaGeoFitter, ParetoNBDFitter

    frame = pd.DataFrame(columns)
    for model, fitter, runs, wanted in (
        (rk.ParetoNBD, ParetoNBDFitter, 5, 15.0),
        (rk.MBGNBD, ModifiedBetaGeoFitter, 15, None),
    ):

        def ours(model: Any = model) -> Any:
            return rk.fit(model, rk.Purchases(**columns))

        def theirs(fitter: Any = fitter) -> Any:
            return fitter().fit(frame["frequency"], frame["recency"], frame["T"])

        found, peer = ours(), theirs()
        show(f"{model.__name__}, CDNOW sample, 2,357 customers", *in_turn(ours, theirs, runs), wanted)
        gap = max(abs(found.model.parameters[k] / peer.params_[k] - 1) for k in found.family.names())
        print(f"    parameters differ from lifetimes' by at most {gap:.1e}")


def fit_donations() -> None:
    from lifetimes import BetaGeoBetaBinomFitter
    from lifetimes.datasets import load_donations

    table = load_donations()
    given = [table[c].to_numpy(float) for c in ("frequency", "recency", "periods", "weights")]
    names = ("frequency", "recency", "periods", "weight")

    def ours() -> Any:
        return rk.fit(rk.BGBB, rk.Opportunities(**dict(zip(names, given, strict=True))))

    def theirs() -> Any:
        return BetaGeoBetaBinomFitter().fit(
            table["frequency"], table["recency"], table["periods"], table["weights"]
        )

    ours()
    show("BGBB, donations, 11,104 donors in 22 rows", *in_turn(ours, theirs, 11), 30.0)


def fit_a_million(columns: dict[str, np.ndarray]) -> None:
    start = time.process_time()
    found = rk.fit(rk.ParetoNBD, rk.Purchases(**columns))
    cpu = time.process_time() - start
    print(
        f"ParetoNBD, a million customers in whole weeks: {cpu:.2f} CPU s, "
        f"{found.diagnostics.evaluations} evaluations"
    )
    if find_spec("pymc_marketing") is None:
        print("    PyMC-Marketing is not installed: no ratio")
        return
    import pandas as pd
    from pymc_marketing.clv import ParetoNBDModel

    frame = pd.DataFrame({"customer_id": np.arange(columns["T"].size), **columns})
    start = time.process_time()
    ParetoNBDModel(frame).fit(method="map")
    them = time.process_time() - start
    print(f"    PyMC-Marketing's MAP {them:.1f} CPU s: {them / cpu:,.0f} x")


def score(name: str, columns: dict[str, np.ndarray], of: str = "in weeks") -> None:
    """Time of all three answers, best of three, and of lifetimes' two on the same customers."""
    import pandas as pd
    from lifetimes import BetaGeoFitter, ParetoNBDFitter

    model: Any = {
        "BGNBD": rk.BGNBD(r=0.25, alpha=4.4, a=0.8, b=2.5, unit="week"),
        "ParetoNBD": rk.ParetoNBD(r=0.55, alpha=10.6, s=0.61, beta=11.7, unit="week"),
    }[name]
    peer: Any = BetaGeoFitter() if name == "BGNBD" else ParetoNBDFitter()
    peer.params_ = pd.Series(model.parameters)
    x, t_x, T = columns["frequency"], columns["recency"], columns["T"]
    rate = rk.Rate(0.1, per="year")

    def ours() -> Any:
        data = rk.Purchases(**columns, unit="week")
        return (
            model.probability_alive(data),
            model.expected_purchases(data, 52.0),
            model.discounted_expected_purchases(data, rate),
        )

    def ours_without_discount() -> Any:
        data = rk.Purchases(**columns, unit="week")
        return model.probability_alive(data), model.expected_purchases(data, 52.0)

    def theirs() -> Any:
        return (
            peer.conditional_probability_alive(x, t_x, T),
            peer.conditional_expected_number_of_purchases_up_to_time(52.0, x, t_x, T),
        )

    all_three = min(timed(ours)[0] for _ in range(3))
    us = min(timed(ours_without_discount)[0] for _ in range(3))
    them = min(timed(theirs)[0] for _ in range(2))
    show(f"{name}: P(alive) and expected purchases of a million {of}", us, them, them / us, 5.0)
    print(f"    with discounted purchases without end, which no peer has for BG/NBD: {all_three:.2f} s")


def distinct() -> dict[str, np.ndarray]:
    """A million customers, hardly two of them alike: times are real numbers."""
    T = np.random.default_rng(0).uniform(10.0, 100.0, 1_000_000)
    customers = rk.BGNBD(r=0.25, alpha=4.4, a=0.8, b=2.5, unit="week").sample(T=T, seed=1)
    return {name: np.array(column) for name, column in customers.columns.items()}


def score_regular() -> None:
    """What models of regular gaps take for a million distinct customers; no peer has them."""
    T = np.random.default_rng(0).uniform(10.0, 100.0, 1_000_000)
    model = rk.BGCNBDk(r=0.25, alpha=4.4, a=0.8, b=2.5, k=2, unit="week")
    customers = model.sample(T=T, seed=1)
    for what, horizon in (("in a year", 52.0), ("in three years", 156.0)):
        start = time.process_time()
        model.discounted_expected_purchases(customers, rk.Rate(0.1, per="year"), horizon)
        took = time.process_time() - start
        print(f"BGCNBDk, k 2: discounted purchases {what} of a million, all distinct: {took:.2f} CPU s")


def memory() -> None:
    """Peak memory of scoring a million customers, in a process of its own."""
    for name in ("BGNBD", "ParetoNBD"):
        command = [sys.executable, __file__, "--memory", name]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


def memory_of(name: str) -> None:
    columns = simulated(7)
    model: Any = (
        rk.BGNBD(r=0.25, alpha=4.4, a=0.8, b=2.5, unit="week")
        if name == "BGNBD"
        else rk.ParetoNBD(r=0.55, alpha=10.6, s=0.61, beta=11.7, unit="week")
    )
    data = rk.Purchases(**columns, unit="week")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kept = [
        model.probability_alive(data),
        model.expected_purchases(data, 52.0),
        model.discounted_expected_purchases(data, rk.Rate(0.1, per="year")),
    ]
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name}: scoring a million customers, peak {after:.0f} MB of which {before:.0f} before, "
        f"{len(kept)} answers"
    )


def main() -> None:
    if "--memory" in sys.argv:
        memory_of(sys.argv[-1])
        return
    warnings.simplefilter("ignore")  # lifetimes' own, under today's numpy and pandas
    print(f"{'':<58}{'retainkit':>15}{'lifetimes':>17}{'ratio':>11}")
    fit_purchases(sample())
    fit_donations()
    if "--quick" in sys.argv[1:]:
        return
    weekly = simulated(7)
    fit_a_million(weekly)
    score("BGNBD", weekly)
    score("ParetoNBD", weekly)
    score("BGNBD", distinct(), "distinct")
    score("ParetoNBD", distinct(), "distinct")
    score_regular()
    memory()


if __name__ == "__main__":
    main()
