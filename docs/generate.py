"""The pages of the reference that follow from the registry and the docstrings: `python docs/generate.py`.

What is included, the entries of models, decisions and economics room by room, and the parameters of models.
The pages are committed, to be read where they stand; a test holds them to what this file writes.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import quote

import retainkit
from retainkit.files import json_schema, kinds
from retainkit.models import MODELS
from retainkit.parameters import parameters_of

DOCS = Path(__file__).parent
NOTICE = "<!-- Written by docs/generate.py from the docstrings: change those. -->\n\n"
ROOMS = {
    "decisions": (
        "spending", "campaigns", "targeting", "experiments", "pricing", "referral", "service", "crisis",
        "feedback", "company", "plan", "_base",
    ),
    "economics": ("breakeven", "lifetime", "cashflows", "segments", "spending"),
}  # fmt: skip
FIRST_PAGES = ("cdnow", "subscriptions")
"""The tutorials to begin with: a name that they show is shown there."""


# -- what there is ----------------------------------------------------------------------------------


class Shelf(NamedTuple):
    """A heading of the reference: the page that documents what stands below it, and its addresses by name."""

    heading: str
    page: str
    names: dict[str, str]


def shelves() -> list[Shelf]:
    """Everything public, in the order in which an analyst meets it."""
    from_json = {"model_from_json": "retainkit.model_from_json"}
    drop_in = {"from_lifetimes": "retainkit.interop.lifetimes.from_lifetimes"}
    return [
        Shelf("Reading data", "data", _listed("retainkit.ingest") | _summaries()),
        Shelf("Customers who leave without telling", "models", _models("purchasing")),
        Shelf("What they spend", "models", _models("spend")),
        Shelf("Customers whose leaving is seen", "models", _models("contractual")),
        Shelf(
            "Around any model", "models", _models("covariates") | _models("over_time") | _models("in_periods")
        ),
        Shelf("What may come, drawn", "models", _models("sampled")),
        Shelf("Fits", "fits", _listed("retainkit.inference") | from_json),
        Shelf("Did it come true?", "validation", _listed("retainkit.validation")),
        Shelf("Value", "valuation", _listed("retainkit.valuation")),
        Shelf("All figures of a business", "valuation", _listed("retainkit.valuation.scenarios")),
        *(Shelf(f"Decisions: {title(m)}", "decisions", names) for m, names in rooms_of("decisions")),
        *(Shelf(f"Economics: {title(m)}", "economics", names) for m, names in rooms_of("economics")),
        Shelf("Metrics of subscriptions", "metrics", _listed("retainkit.metrics")),
        Shelf("Reports", "reports", _listed("retainkit.reports")),
        Shelf("Files", "files", _listed("retainkit.files")),
        Shelf("For programs", "programs", {"ask": "retainkit.api.ask", "serve": "retainkit.service.serve"}),
        Shelf("Other libraries", "interop", _listed("retainkit.interop.survival") | drop_in),
    ]


def rooms_of(package: str) -> Iterator[tuple[ModuleType, dict[str, str]]]:
    """The rooms of decisions or economics, with what they list."""
    for room in ROOMS[package]:
        module = import_module(f"retainkit.{package}.{room}")
        yield module, {name: f"retainkit.{package}.{name}" for name in module.__all__}


def _listed(room: str) -> dict[str, str]:
    """What a room lists; at the package itself where that lends the name too."""
    return {n: _address(room, n) for n in import_module(room).__all__ if n[0] != "_"}


def _summaries() -> dict[str, str]:
    return _defined_below("retainkit.summaries", "retainkit.summaries.")


def _models(room: str) -> dict[str, str]:
    """Models in the order of the registry, after what knows no formula."""
    found = _defined_below("retainkit.models", f"retainkit.models.{room}")
    return dict(sorted(found.items(), key=lambda item: item[0] in MODELS))


def _defined_below(package: str, home: str) -> dict[str, str]:
    lent = vars(import_module(package)).items()
    names = [n for n, v in lent if str(getattr(v, "__module__", "")).startswith(home)]
    return {n: _address(package, n) for n in names if not n.startswith(("_", "Abstract"))}


def _address(package: str, name: str) -> str:
    return f"retainkit.{name}" if name in retainkit.__all__ else f"{package}.{name}"


def thing(address: str) -> Any:
    """What stands at an address."""
    module, _, name = address.rpartition(".")
    return getattr(import_module(module), name)


def verbs(shelf: Shelf) -> dict[str, str]:
    """What one asks for: functions, models and what is given to them; not the records that they return."""
    things = {name: thing(address) for name, address in shelf.names.items()}
    returned = _named_in(*(_returns(value) for value in things.values()))
    while more := _named_in(*(_fields(things[n]) for n in returned if n in things)) - returned:
        returned |= more
    given = {n for n in things if n in MODELS or n in _summaries()}
    kept = {n: v for n, v in things.items() if _has_entry(v) and (n in given or n not in returned)}
    functions_first = sorted(kept, key=lambda n: inspect.isclass(kept[n]) and n not in MODELS)
    return {name: shelf.names[name] for name in functions_first}


def _has_entry(value: Any) -> bool:
    return inspect.isclass(value) or inspect.isfunction(value)


def _returns(value: Any) -> str:
    """The types that a function, or a method of a class, returns, as they are written."""
    if inspect.isfunction(value):
        return str(value.__annotations__.get("return", ""))
    if not inspect.isclass(value):
        return ""
    methods = (m.fget if isinstance(m, property) else m for m in vars(value).values())
    told = (str(getattr(m, "__annotations__", {}).get("return", "")) for m in methods if inspect.isroutine(m))
    return " ".join(t for t in told if t != value.__name__)


def _fields(value: Any) -> str:
    return " ".join(str(f.type) for f in fields(value)) if is_dataclass(value) else ""


def _named_in(*annotations: str) -> set[str]:
    return {word for text in annotations for word in re.findall(r"\w+", text)}


# -- what is said of it -----------------------------------------------------------------------------


def title(module: ModuleType) -> str:
    """The question that a room answers: the first sentence of its page."""
    return _first_sentence(module.__doc__ or "")


def sentence(name: str, value: Any) -> str:
    """What it is, in the words of its docstring; a model by the story of its file."""
    module = inspect.getmodule(value)
    told = module.__doc__ if module and name in MODELS else inspect.getdoc(value)
    return _first_sentence(told or "")


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.strip().split("\n\n", 1)[0].split()).replace("``", "`")
    found = re.match(r"(.+?[.?])(?= [A-Z]|$)", paragraph)
    return (found[1] if found else paragraph).rstrip(".").replace("|", "\\|")


@cache
def _pages() -> list[tuple[Path, str, str]]:
    """Tutorials and how-to pages with their heading and their text."""
    files = [*sorted((DOCS / "tutorials").glob("*.md")), *sorted((DOCS / "how-to").glob("*.md"))]
    texts = [p.read_text(encoding="utf-8") for p in files]
    return [(p, t.split("\n", 1)[0].lstrip("# "), t) for p, t in zip(files, texts, strict=True)]


def tutorial(name: str) -> str:
    """The page that shows it: a tutorial to begin with, the one that shows it most, or the list of all."""
    shown = [(len(re.findall(rf"(?:`|\b){name}(?:`|\()", text)), path, head) for path, head, text in _pages()]
    shown = [s for s in shown if s[0]]
    first = [s for s in shown if s[1].stem in FIRST_PAGES]
    others = [s for s in shown if s[1].stem != "how-to-choose"]
    if not shown:
        return ""
    _, path, head = max(first or others or shown, key=lambda s: s[0])
    return f"[{head}](../{path.relative_to(DOCS).as_posix()})"


def sources(value: Any) -> str:
    """The works that a docstring, or else that of its file, gives with a DOI."""
    module = inspect.getmodule(value)
    own = _cited(inspect.getdoc(value) or "")
    return ", ".join(own or _cited(module.__doc__ or "" if module else ""))


def _cited(text: str) -> list[str]:
    """Each DOI as a link that says who and when, as far as the paragraph around it does."""
    found: dict[str, str] = {}
    for paragraph in re.split(r"\n\s*\n|\n- ", text):
        flat, who = " ".join(re.sub(r"^\w+\n-+\n", "", paragraph).split()), ""
        for cited in re.finditer(r"doi:(\S+)", flat):
            doi = re.sub(r"[.,;:]+$", "", cited[1])
            doi = doi if doi.count("(") == doi.count(")") else doi.rstrip(").,;")
            before = flat[: cited.start()]
            year = ["", *re.findall(r"\((\d{4})[,)]", before)][-1]
            who = _authors(re.split(rf"\({year}[,)]", before)[-2] if year else "") or who
            label = f"{who} {year}" if who and year else f"doi:{doi}"
            found[doi] = f"[{label}](https://doi.org/{quote(doi, safe='/()')})"
    return list(found.values())


def _authors(before: str) -> str:
    """`Fader, Hardie & Lee` of the text before a year; of more than three the first one and others."""
    last = re.split(r"[;:(\u201c\u201d\"]|(?<=[a-z0-9)])\. (?=[A-Z])", before)[-1]
    names = re.findall(r"\b[A-Z][^\W\d_]+(?:[-\u2019'][^\W\d_]+)*", last)
    if len(names) > 3 or (names and "et al." in last):
        return f"{names[0]} et al."
    return " & ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


# -- pages ------------------------------------------------------------------------------------------


def included() -> str:
    """One table of everything there is to ask for."""
    lines = ["# What is included", "", "| what | name | shown in | source |", "|---|---|---|---|"]
    seen: set[str] = set()
    for shelf in shelves():
        rows: list[str] = []
        for name, address in verbs(shelf).items():
            if address not in seen:
                told, linked = sentence(name, thing(address)), f"[`{name}`](api/{shelf.page}.md)"
                rows.append(f"| {told} | {linked} | {tutorial(name)} | {sources(thing(address))} |")
            seen.add(address)
        lines += [f"| **{shelf.heading}** | | | |", *rows] if rows else []
    return "\n".join([*lines, ""])


def by_room(package: str, intro: str) -> str:
    """The entries of a package, each room under the question that it answers."""
    lines = [f"# {package.capitalize()}", "", intro, ""]
    for module, names in rooms_of(package):
        lines += [f"## {title(module)}", "", *_entries(names)]
    return "\n".join(lines)


def models() -> str:
    """The entries of models by kind."""
    lines = ["# Models", "", MODELS_INTRO, ""]
    for shelf in shelves():
        if shelf.page == "models":
            lines += [f"## {shelf.heading}", "", *_entries(shelf.names)]
    return "\n".join(lines)


def _entries(names: dict[str, str]) -> list[str]:
    """A line for each name, and its entry."""
    values = {name: thing(address) for name, address in names.items()}
    things = {n: v for n, v in values.items() if _has_entry(v)}
    lines = ["| name | what it is |", "|---|---|"]
    lines += [f"| `{name}` | {sentence(name, value)} |" for name, value in things.items()]
    lines += ["", "```{eval-rst}"]
    for name, value in things.items():
        if inspect.isclass(value):
            lines.append(f".. autoclass:: {names[name]}")
            if name in MODELS:
                lines.append("   :exclude-members: data_kind, processes, fixed_fields, limits")
        else:
            lines.append(f".. autofunction:: {names[name]}")
    return [*lines, "```", ""]


def parameters() -> str:
    """The parameters of every model, as their fields declare them."""
    lines = ["# Parameters of models", "", PARAMETERS_INTRO, ""]
    lines += ["| model | parameter | meaning | counts in | typical |", "|---|---|---|---|---|"]
    for name, kind in MODELS.items():
        for p in parameters_of(kind):
            low, high = p.typical
            unit = {"time": "time", "gap": "time", "money": "money", "rate": "1 per time"}.get(
                p.unit or "", ""
            )
            lines.append(f"| `{name}` | `{p.name}` | {p.doc} | {unit} | {low:g} to {high:g} |")
    return "\n".join([*lines, ""])


MODELS_INTRO = """\
A model is a frozen record of its parameters that answers questions; [`fit`](fits.md) finds the parameters,
and [how to choose](../../how-to/how-to-choose.md) says which model to take. Models of one kind answer the
same questions; what their parameters mean stands in [one table](../parameters.md)."""
COUNTS_IN = {"time": "time", "gap": "time", "money": "money", "rate": "1 per time"}
PARAMETERS_INTRO = """\
Every parameter as its model declares it. Where it counts in time or money, the typical values are multiples
of a typical length of time, or amount, in the data. What others call them:
[one name for each thing](naming.md)."""
DECISIONS_INTRO = """\
Which spending earns more than it costs. Every record names its assumptions and the value of each at which
the decision turns. What only correlates (satisfaction and growth, reviews and revenue) has no default
coefficient."""
ECONOMICS_INTRO = """\
Pure functions of numbers, arrays and Series, and no model. They need numpy alone. The
[table of functions](../economics.md) is the short way in."""


def pages() -> dict[Path, str]:
    """Every page that follows from the sources, with its text."""
    reference = DOCS / "reference"
    written = {
        reference / "included.md": included(),
        reference / "parameters.md": parameters(),
        reference / "api" / "models.md": models(),
        reference / "api" / "decisions.md": by_room("decisions", DECISIONS_INTRO),
        reference / "api" / "economics.md": by_room("economics", ECONOMICS_INTRO),
    }
    return {path: NOTICE + text for path, text in written.items()}


def schemas() -> dict[str, str]:
    """The JSON Schema of every kind of file, as text, by the file's name: of `retainkit/fit/1`, `fit-1.json`.

    Together they weigh more than the pages, so they are built with the site and not committed.
    """
    found = {told["title"]: told for told in map(json_schema, kinds())}
    names = {title: "-".join(title.split("/")[1:]) + ".json" for title in found}
    return {names[title]: json.dumps(told, indent=1) + "\n" for title, told in found.items()}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
