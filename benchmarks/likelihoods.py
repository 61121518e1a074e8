"""What a likelihood costs at each of many draws, without the score and with it.

    python benchmarks/likelihoods.py [model …]

Purchase models and Gamma-Gamma on the CDNOW sample until 1997-09-30 (1,016 distinct histories), BG/BB on
simulated donors in 22 rows, contractual models on 4,000 simulated customers. Draws around one model, by 5%
and by a factor of e: far-out draws need more nodes of integrals. Processor time, the best of some runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import retainkit as rk
from retainkit.ingest.examples import load_cdnow
from retainkit.models import MODELS

WANTED = {"BGNBD": 40.0, "ParetoNBD": 200.0}  # µs
FITTED: dict[str, dict[str, float]] = {
    "BGNBD": {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    "MBGNBD": {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    "ParetoNBD": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
    "GammaGompertzNBD": {"r": 0.553, "alpha": 10.578, "b": 0.01, "s": 0.606, "beta": 0.117},
    "BGCNBDk": {"r": 0.4, "alpha": 3.0, "a": 0.8, "b": 2.4},
    "MBGCNBDk": {"r": 0.5, "alpha": 3.0, "a": 0.8, "b": 1.6},
    "NBD": {"r": 0.385, "alpha": 12.07},
    "BGBB": {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783},
    "GammaGamma": {"p": 6.25, "q": 3.74, "v": 15.44},
}
DRAWS, TOGETHER = 480, 24


def seconds(task: Callable[[], Any], runs: int = 5) -> float:
    """Processor time of one call: the least of several."""
    found: list[float] = []
    for _ in range(runs):
        start = time.process_time()
        task()
        found.append(time.process_time() - start)
    return min(found)


def case(name: str) -> tuple[Any, Any]:
    """A model and data of its kind, each distinct history once."""
    kind: Any = MODELS[name]
    settings = kind.fixed_fields
    if name == "BGBB":
        donors = kind(**FITTED[name])
        return donors, donors.sample(np.full(11_104, 6.0), seed=1).compress()
    if name in FITTED:
        tx = rk.summarize_transactions(
            load_cdnow("sample"),
            customer_id="customer_id",
            date="date",
            amount="dollar_value",
            unit="week",
            holdout_from="1997-10-01",
        )
        assert tx.calibration is not None
        data = tx.calibration.spend if name == "GammaGamma" else tx.calibration.purchases
        return kind(**FITTED[name], **settings), data.compress()
    members = kind.typical(np.random.default_rng(3), scale=10.0)
    return members, members.sample(np.random.default_rng(1).integers(1, 25, 4000), seed=1).compress()


def around(model: Any, spread: float) -> list[np.ndarray]:
    """Draws of each parameter, (draws, 1), on the scale where it is unbounded."""
    rng, family = np.random.default_rng(2), model.family
    given = zip(family.parameters, family.values_of(model), strict=True)
    return [
        p.domain.from_unconstrained(
            p.domain.to_unconstrained(np.asarray(v)) + spread * rng.normal(size=(DRAWS, 1))
        )
        for p, v in given
    ]


def costs(name: str) -> str:
    """A line of the table."""
    model, data = case(name)
    near, wide = around(model, 0.05), around(model, 1.0)
    many = model.family.of

    def with_score() -> None:
        for i in range(0, DRAWS, TOGETHER):
            many([v[i : i + TOGETHER] for v in near]).summed_score(data)

    alone = seconds(lambda: many(near).summed_log_likelihood(data)) / DRAWS * 1e6
    far = seconds(lambda: many(wide).summed_log_likelihood(data)) / DRAWS * 1e6
    beside = seconds(with_score) / DRAWS * 1e6
    goal = f"   (wanted: {WANTED[name]:g} µs)" if name in WANTED else ""
    return f"{name:<22}{len(data):>7,}{alone:>10,.1f} µs{far:>10,.1f} µs{beside:>12,.1f} µs{goal}"


def main() -> None:
    print(f"{'a draw of':<22}{'rows':>7}{'value':>13}{'wide':>13}{'with score':>15}")
    for name in sys.argv[1:] or MODELS:
        print(costs(name), flush=True)


if __name__ == "__main__":
    main()
