"""Values without the score keep their digits wherever a posterior with a wide prior looks.

There noise would be a mode that is none. The truth is the closed form in 40 digits.
"""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from closed_forms import (
    BASE,
    CUSTOMERS,
    PARETO,
    beta_geometric,
    beta_weibull,
    gamma_gamma,
    gompertz,
    off,
    opportunities,
    pareto,
    renewal,
    weibull,
)

import retainkit as rk
from retainkit.models.family import family_of

TIMES = rk.Purchases(**dict(zip(("frequency", "recency", "T"), np.array(CUSTOMERS[:4]).T, strict=True)))
TENURES = [(1, 1), (3, 1), (3, 0), (12, 0), (40, 1)]
STAYED = rk.Renewals(duration=[t for t, _ in TENURES], event=[e for _, e in TENURES], whole_periods=True)
MET = [(0, 0, 6), (3, 4, 6), (6, 6, 6), (30, 50, 52)]
BOUGHT = rk.Opportunities(**dict(zip(("frequency", "recency", "periods"), np.array(MET).T, strict=True)))
SPENT = [(1, 7.5), (4, 22.35), (300, 41.0)]
SPEND = rk.Spend(frequency=[x for x, _ in SPENT], monetary_value=[z for _, z in SPENT])
GOMPERTZ = {"r": 0.55, "alpha": 10.6, "b": 0.02, "s": 0.9, "beta": 0.5}
DONORS = {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}
STOPPED = [(1, 0, rk.BGNBD), (1, 1, rk.MBGNBD), (3, 0, rk.BGCNBDk), (3, 1, rk.MBGCNBDk)]

WIDE: dict[str, tuple[Any, dict[str, float], Any, Any]] = {
    **{
        kind.__name__: (
            kind if k == 1 else rk.models.hold(kind, k=k),
            BASE,
            TIMES,
            lambda p, k=k, chance=chance: [beta_geometric(p, k, chance, c)[0] for c in CUSTOMERS[:4]],
        )
        for k, chance, kind in STOPPED
    },
    "ParetoNBD": (rk.ParetoNBD, PARETO, TIMES, lambda p: [pareto(p, c)[0] for c in CUSTOMERS[:4]]),
    "GammaGompertzNBD": (
        rk.GammaGompertzNBD,
        GOMPERTZ,
        TIMES,
        lambda p: [gompertz({n: mp.mpf(v) for n, v in p.items()}, c) for c in CUSTOMERS[:4]],
    ),
    "BGBB": (rk.BGBB, DONORS, BOUGHT, lambda p: [opportunities(p, *c)[0] for c in MET]),
    "GammaGamma": (
        rk.GammaGamma,
        {"p": 6.25, "q": 3.74, "v": 15.44},
        SPEND,
        lambda p: [gamma_gamma(p, *c) for c in SPENT],
    ),
    **{
        kind.__name__: (kind, base, STAYED, lambda p, s=survival: [renewal(s, p, *c) for c in TENURES])
        for kind, survival, base in (
            (rk.models.ShiftedBetaGeometric, beta_weibull, {"alpha": 0.668, "beta": 3.806}),
            (rk.models.BetaDiscreteWeibull, beta_weibull, {"alpha": 0.25, "beta": 1.65, "c": 1.6}),
            (rk.models.WeibullGamma, weibull, {"r": 0.9, "scale": 20.0, "c": 0.7}),
        )
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WIDE)
def test_values_far_and_wide(name: str) -> None:
    """All parameters up to e^12 times as large or as small, as the draws of a posterior with a wide prior.

    Powers of time up to e^2: beyond, differences of the truth itself would need thousands of digits.
    """
    kind, base, data, truth = WIDE[name]
    rng, family, most = np.random.default_rng(12), family_of(kind), {"c": 2.0}
    points = [
        {n: v * np.exp(rng.uniform(-1.0, 1.0) * most.get(n, 12.0)) for n, v in base.items()} for _ in range(8)
    ]
    draws = family.of(
        [np.array(column)[:, None] for column in zip(*(p.values() for p in points), strict=True)]
    )
    values, sums = draws.log_likelihood(data), draws.summed_log_likelihood(data)
    with mp.workdps(120 if "c" in base else 40):
        for point, value, total in zip(points, values, sums, strict=True):
            terms = truth(point)
            for got, each in zip(value, terms, strict=True):
                assert off(float(got), each, 1.0) <= 1e-12, (point, got, mp.nstr(mp.fsum(each), 17))
            assert off(float(total), [term for each in terms for term in each], 1.0) <= 1e-12, point
