"""What a report costs: CPU seconds of a whole process and the size of its page.

    python benchmarks/report.py
    python benchmarks/report.py --quick     # without the million customers

Each row is a process of its own, its imports counted. CDNOW's are real; the subscriptions are simulated; the
million customers are CDNOW's histories, drawn with replacement and moved by some days.
"""

from __future__ import annotations

import subprocess
import sys

HEAD = """
import resource, numpy as np, retainkit as rk
terms = dict(margin_share=0.3, discount_rate=rk.Rate(0.1, per="year"), horizon=rk.Duration(3, "year"))
"""
TAIL = """
page = made.to_html().encode()
used = resource.getrusage(resource.RUSAGE_SELF)
print(f"{used.ru_utime + used.ru_stime:.2f} CPU s, page of {len(page) / 1e3:,.0f} kB")
"""
CDNOW = """
made = rk.report(rk.load_cdnow(), customer_id="customer_id", date="date", amount="dollar_value", unit="week",
                 acquisition_cost=20, **terms)
"""
BILLING = """
table = rk.valuation.simulate_billing(months=36, seed=1)
base = rk.read_subscriptions(table, customer_id="customer_id", start="start", end="end", amount="amount",
                             plan="plan", pauses="paused", observation_end="2024-12-31")
made = rk.report(base, acquisition_cost=60, **terms)
"""
MILLION = """
cd, rng = rk.load_cdnow(), np.random.default_rng(1)
who = np.asarray(cd["customer_id"]).astype(np.int64)
order = np.argsort(who, kind="stable")
ids, first, lines = np.unique(who[order], return_index=True, return_counts=True)
chosen = rng.integers(0, ids.size, 1_000_000)
many = lines[chosen]
at = order[np.repeat(first[chosen], many) + np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)]
moved = np.repeat(rng.integers(0, 60, chosen.size), many).astype("timedelta64[D]")
table = {"id": np.repeat(np.arange(chosen.size), many), "day": np.asarray(cd["date"])[at] + moved,
         "money": np.asarray(cd["dollar_value"], float)[at]}
import time
begin = time.process_time()
made = rk.report(table, customer_id="id", date="day", amount="money", unit="week", acquisition_cost=20,
                 **terms)
print(f"(of it the report: {time.process_time() - begin:.2f})", end=" ")
"""


def main() -> None:
    rows = {"CDNOW, 23,570 customers": CDNOW, "Billing, three years of 1,900 customers": BILLING}
    if "--quick" not in sys.argv:
        rows["A million customers, about three million lines"] = MILLION
    for name, body in rows.items():
        code = HEAD + body + TAIL
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        print(f"{name:<48} {done.stdout.strip()}", flush=True)


if __name__ == "__main__":
    main()
