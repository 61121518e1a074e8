"""A long fuzz of documents: whatever the bytes, a thing of ours or an `InputError` comes back.

    python benchmarks/fuzz.py [DOCUMENTS] [SEED]

One million by default: half have bytes changed, half a value of another kind. Now and then it tells how many
were read, the slowest and the most memory. Tests run a few hundred: tests/inputs/files/test_store.py.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from typing import Any

import retainkit as rk
from retainkit.files.store import document_of, thing_of

MEMBERS = rk.Renewals.from_survivors([1000, 869, 743, 653], unit="year")
THINGS: list[Any] = [
    rk.BGNBD(r=0.243, alpha=4.41, a=0.793, b=2.43, unit="week"),
    MEMBERS,
    rk.fit(rk.ShiftedBetaGeometric, MEMBERS),
    rk.KaplanMeier.estimate(MEMBERS),
    rk.break_even(500, 50, churn=0.1),
    rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05),
]
PIECES = [
    "",
    "0",
    '"',
    "{",
    "]",
    ",",
    "-",
    "9" * 40,
    "null",
    "e5",
    "1e999",
    "NaN",
    "\ud800",
    "[[]]",
    "[" * 100,
    "\x00",
]
VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    1e308,
    10**40,
    "",
    "week",
    "x" * 1000,
    [],
    {},
    [[]],
    [None],
    {"schema": 1},
]


def changed(text: str, rng: random.Random) -> str:
    """The text with pieces cut out and others put in."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(PIECES) + text[at + rng.randrange(12) :]
    return text


def exchanged(text: str, rng: random.Random) -> str:
    """The document with one value, at any depth, in place of another."""
    told = where = json.loads(text)
    while True:
        keys = [*where] if isinstance(where, dict) else [*range(len(where))]
        key = rng.choice(keys)
        if not isinstance(where[key], dict | list) or not where[key] or rng.random() < 0.5:
            where[key] = rng.choice(VALUES)
            return json.dumps(told)
        where = where[key]


def main(many: int, seed: int) -> None:
    rng = random.Random(seed)
    texts = [thing.model_dump_json() for thing in THINGS]
    for text in texts:  # loads what reading needs
        thing_of(document_of(text.encode()))
    read, slowest = 0, 0.0
    for count in range(1, many + 1):
        text = rng.choice((changed, exchanged))(rng.choice(texts), rng)
        begun = time.thread_time()
        try:
            thing = thing_of(document_of(text.encode("utf-8", "surrogatepass")))
        except rk.InputError as error:
            json.dumps(error.as_dict(), allow_nan=False)
        except BaseException:
            print(f"document {count}: {text!r}")
            raise
        else:
            read += 1
            assert json.loads(thing.model_dump_json())["schema"].startswith("retainkit/")
        slowest = max(slowest, time.thread_time() - begun)
        if count % 50_000 == 0 or count == many:
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            told = (
                f"{count:,} documents, {read:,.0f} read, none unexpected; slowest {1e3 * slowest:.1f} ms CPU"
            )
            print(f"{told}, {memory:.0f} MB at most", flush=True)


if __name__ == "__main__":
    asked = [int(one) for one in sys.argv[1:]]
    main(*asked, *(1_000_000, 1)[len(asked) :])
