"""What the pictures have in common: type and lines, and an SVG without what nobody sees.

``make pictures`` draws them all again; each script beside this file draws its own.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

FONTS = ["DejaVu Sans", "Verdana"]  # of equal width: labels stay where they were put


def style() -> None:
    """Small type, two spines, and letters as text, which readers can find, select and have read to them."""
    mpl.use("Agg")
    mpl.rcParams.update(
        {
            "font.size": 9,
            "font.sans-serif": FONTS,
            "svg.fonttype": "none",
            "svg.hashsalt": "retainkit",
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    )


def save(figure: Figure, script: str) -> None:
    """Write the picture beside its script."""
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    plt.close(figure)
    Path(script).with_suffix(".svg").write_text(slim(drawn.getvalue()), encoding="utf-8")


def slim(svg: str) -> str:
    """No metadata, the fonts named once, and in paths no more digits than anyone can see."""
    svg = re.sub(r"<[?!][xD].*?>\n| *<metadata>.*?</metadata>\n|<!--.*?-->\n *", "", svg, flags=re.DOTALL)
    fonts = ", ".join([*(f"'{name}'" for name in FONTS), "sans-serif"])
    svg = svg.replace(f"font-family: {fonts}; ", "")
    svg = svg.replace("</style>", f" text{{font-family: {fonts}}}</style>")
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r' d="([^"]*)"', lambda path: f' d="{_shorter(path[1])}"', svg)
    svg = re.sub(r"(\d\.\d\d)\d+", r"\1", svg)
    svg = re.sub(r' id="([^"]*)"', lambda name: name[0] if f"#{name[1]}" in svg else "", svg)
    svg = re.sub(r"\n *<g/>", "", svg)
    svg = re.sub(r' style="([^"]*)"', lambda rule: re.sub(r"([:;]) ", r"\1", rule[0]), svg)
    svg = svg.replace("#000000", "#000").replace("#ffffff", "#fff")
    return re.sub(r"\n +", "\n", svg)


def _shorter(path: str) -> str:
    """To a tenth of a point; small ones, which are markers, to a hundredth."""
    digits = 1 if len(path) > 1000 else 2
    path = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.{digits}f}", path)
    return re.sub(r"\s*([A-Za-z])\s*", r"\1", re.sub(r"\.0+(?!\d)|(?<=\.\d)0+(?!\d)", "", path))
