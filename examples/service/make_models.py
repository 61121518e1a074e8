"""The folder of models that the service of this example serves: fitted once, kept as files.

Write new ones over them whenever you like: the service exchanges what changed.
"""

from pathlib import Path

import retainkit as rk

folder = Path(__file__).parent / "models"
folder.mkdir(exist_ok=True)
members = rk.Renewals.from_survivors([1000, 869, 743, 653, 593, 551, 517, 491], unit="year")
rk.save(rk.fit(rk.ShiftedBetaGeometric, members), folder / "churn.json")
customers = rk.BGNBD(r=0.25, alpha=4.4, a=0.8, b=2.4, unit="week").sample(T=[52.0] * 3000, seed=1)
rk.save(rk.fit(rk.BGNBD, customers), folder / "buying.json")
rk.save(rk.GammaGamma(p=6.25, q=3.74, v=15.44), folder / "spending.json")
print("models:", ", ".join(sorted(path.stem for path in folder.glob("*.json"))))
