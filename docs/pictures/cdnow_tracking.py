"""Draw cdnow_tracking.svg: repeat purchases at CDNOW as BG/NBD predicts them, and as they were."""

from __future__ import annotations

from pathlib import Path

import retainkit as rk
from retainkit.ingest import load_cdnow
from retainkit.reports.page import LIGHT, tracking_svg
from retainkit.validation import track_purchases

PAPER = '<rect width="100%" height="100%" fill="#ffffff"/>'  # a README may stand on a dark page


def draw() -> str:
    """The picture on white paper, with the customers whom the model has seen until 30 September 1997."""
    tx = rk.summarize_transactions(
        load_cdnow("master"), customer_id="customer_id", date="date", unit="week", holdout_from="1997-10-01"
    )
    assert tx.calibration is not None
    fitted = rk.fit(rk.BGNBD, tx.calibration.purchases)
    svg = tracking_svg(track_purchases(tx, fitted.model), colours=LIGHT)
    inside = svg.index(">") + 1
    return f"{svg[:inside]}\n {PAPER}{svg[inside:]}"


if __name__ == "__main__":
    file = Path(__file__).with_suffix(".svg")
    file.write_text(draw(), encoding="utf-8")
    print(f"Written to {file}")
