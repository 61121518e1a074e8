"""One posterior over several models: a draw is a model with its parameters, and which model is drawn, too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from scipy.special import logsumexp, softmax

from retainkit._numerics.grouping import Codes
from retainkit.domains import NOT_NEGATIVE, generator_for
from retainkit.draws import evenly_thinned
from retainkit.errors import InputError, unknown_choice
from retainkit.inference.posterior import AnyPosterior, Posterior
from retainkit.inference.priors import JointNormal
from retainkit.inference.sampling import SamplingDiagnostics
from retainkit.inference.spread import DRAWS
from retainkit.models.average import AverageFamily
from retainkit.plurals import counted
from retainkit.records import read_only
from retainkit.typing import Array, NumberLike

Shares: TypeAlias = "Literal['evidence'] | NumberLike"

_SUM = 1e-6  # how far shares may add up to other than 1: those of a search, or written with six digits
_BLOCK = 40  # draws among which the order of models is by chance, and their shares are not


def average(
    posteriors: Mapping[str, AnyPosterior] | Sequence[AnyPosterior], *, share: Shares
) -> Posterior[Any]:
    """Several models of the same customers as one posterior: which of them is right is not known, either.

    It goes wherever a posterior goes. Of the draws each model has its share; totals,
    values and intervals are those of the mixture, which is wider than its members where these do not agree.
    Shares below half a draw are 0.

    Raises `InputError` for what are no posteriors, of other data, kinds or units, for models of moments
    beside those of whole periods, and for shares that are negative or do not add up to 1.

    Parameters
    ----------
    posteriors : what `posterior` found of each model; a mapping gives them names of your own
    share : "evidence", or a number for each
        "evidence": how probable each model is, given the data, if all were equally so before: by
        `Posterior.log_evidence`, to which the priors count. `stacking_weights` are those of the mixture that
        foretells left-out customers best, and suppose none of the models to be true.

    Notes
    -----
    Hoeting et al. 1999, "Bayesian Model Averaging: A Tutorial", doi:10.1214/ss/1009212519; stacking: Yao et
    al. 2018, doi:10.1214/17-BA1091.

    Examples
    --------
    >>> import retainkit as rk
    >>> data = rk.Renewals.from_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> kinds = [rk.ShiftedBetaGeometric, rk.BetaDiscreteWeibull]
    >>> known = rk.inference.average([rk.posterior(k, data, seed=1) for k in kinds], share=[0.75, 0.25])
    >>> len(known), known.model.survival([10, 20]).shape
    (4000, (4000, 2))
    """
    members = _members(posteriors)
    shares = _checked(members, share)
    told = f"Average by {'evidence' if isinstance(share, str) else 'given shares'}: " + ", ".join(
        f"{name} {share:.1%}" for name, share in zip(members, shares, strict=True)
    )
    counts = _counts(shares, [len(one) for one in members.values()])
    drawn = [(name, one, int(n)) for (name, one), n in zip(members.items(), counts, strict=True) if n > 0]
    places = _places(counts[counts > 0], [one for _, one, _ in drawn])
    family = AverageFamily(tuple(one.family for _, one, _ in drawn), tuple(name for name, _, _ in drawn))
    many = int(counts.sum())
    columns = np.full((len(family.names()), many, 1), np.nan)
    log_likelihood = np.empty(many)
    row = 0
    for (_, one, n), place in zip(drawn, places, strict=True):
        own = evenly_thinned(len(one), n)
        log_likelihood[place] = one.log_likelihood[own]
        for value in one.family.values_of(one.model):
            columns[row, place] = np.asarray(value)[own]
            row += 1
    first = drawn[0][1]
    evidence = np.array([one.log_evidence for one in members.values()])
    return Posterior(
        model=family.of(list(columns), unit=first.model.unit),
        log_likelihood=read_only(log_likelihood),
        # with shares that are no probabilities the mixture as a whole makes none of the data
        log_evidence=float(logsumexp(evidence)) - math.log(len(evidence))
        if isinstance(share, str)
        else math.nan,
        prior=_priors(drawn),
        customers=first.customers,
        diagnostics=_verdict(drawn, told),
        family=family,
        fingerprint=first.fingerprint,
    )


def _members(given: Any) -> dict[str, AnyPosterior]:
    """Each posterior by its name, all of the same customers, kind and unit."""
    if isinstance(given, Posterior) or not isinstance(given, Mapping | Sequence):
        rule = "must be several posteriors, or a mapping of names to them"
        way_out = "For example average([rk.posterior(rk.BGNBD, tx, seed=1), ...], share='evidence')."
        raise InputError("wrong-type", "posteriors", type(cast("object", given)).__name__, rule, way_out)
    several = cast("Mapping[Any, Any] | Sequence[Any]", given)
    pairs = (
        [(str(name), one) for name, one in several.items()]
        if isinstance(several, Mapping)
        else [(getattr(getattr(one, "family", None), "name", ""), one) for one in several]
    )
    if not pairs:
        rule = "must have at least one posterior"
        raise InputError("empty", "posteriors", several, rule, "Make them with posterior(...).")
    for _, one in pairs:
        if not isinstance(one, Posterior):
            rule = "must be posteriors, whose draws say how sure the parameters are"
            shown = type(one).__name__
            raise InputError("wrong-type", "posteriors", shown, rule, "Make them with posterior(...).")
    known = cast("list[tuple[str, AnyPosterior]]", pairs)
    for name, one in known:
        _check_alike(name, one, *known[0])
    names = [name for name, _ in known]
    if len({*names}) < len(names):
        rule = "must have names that differ"
        way_out = "Give a mapping of names to posteriors."
        raise InputError("duplicate", "posteriors", ", ".join(names), rule, way_out)
    return dict(known)


def _check_alike(name: str, one: AnyPosterior, first: str, other: AnyPosterior) -> None:
    if isinstance(one.family, AverageFamily):
        rule = "must be of one model each, not averages themselves"
        raise InputError("not-supported", "posteriors", name, rule, "Average all their models in one call.")
    if one.family.data_kind is not other.family.data_kind:
        shown = f"{name} of {one.family.data_kind.__name__}"
        rule = f"must be of one kind of data, as {first} of {other.family.data_kind.__name__}"
        raise InputError("inconsistent", "posteriors", shown, rule, "Average those of one kind.")
    if one.model.unit != other.model.unit:
        rule = f"must count in one unit, as {first} in {other.model.unit!r}"
        way_out = "Make all of them with one summary."
        raise InputError("unit-mismatch", "posteriors", one.model.unit, rule, way_out)
    told = [{"customers": p.customers, "": p.fingerprint.get("", 0.0)} for p in (one, other)]
    slack = 1e-9 * other.customers  # sums over the same customers in another order differ by rounding
    if any(abs(told[0][key] - told[1][key]) > slack for key in told[0]):
        shown = f"{name} of {counted(one.customers, 'customer', spec=',.0f')}"
        rule = f"must be of the same customers as {first}"
        raise InputError("inconsistent", "posteriors", shown, rule, "Make all of them with one summary.")
    if _continuous(one) != _continuous(other):
        rule = f"must count time alike, as {first}: in whole periods, or in moments"
        raise InputError("inconsistent", "posteriors", name, rule, "Average those of one kind of time.")


def _continuous(one: AnyPosterior) -> bool:
    """Whether customers may leave at any moment, where they are seen to leave."""
    inner: Any = one.model
    while hasattr(inner, "base"):
        inner = inner.base
    return bool(getattr(inner, "continuous", False))


def _checked(members: Mapping[str, AnyPosterior], share: Shares) -> Array:
    """The shares (models,), which add up to 1."""
    if isinstance(share, str):
        if share != "evidence":
            raise unknown_choice("share", share, ("evidence",))
        return np.asarray(softmax([one.log_evidence for one in members.values()]), np.float64)
    shares = np.asarray(NOT_NEGATIVE.check("share", share), np.float64)
    if shares.shape != (len(members),):
        rule = f"must have a number for each of the {counted(len(members), 'model')}"
        shown = f"shape {shares.shape}"
        way_out = "Give them in the order of the posteriors."
        raise InputError("length-mismatch", "share", shown, rule, way_out)
    total = float(shares.sum())
    if abs(total - 1.0) > _SUM:
        way_out = "Divide them by their sum." if total > 0.0 else "Give at least one model some weight."
        raise InputError("out-of-range", "share", total, "must add up to 1", way_out)
    return shares / total


def _counts(shares: Array, there: Sequence[int]) -> Codes:
    """How many draws of each: as many in all as the longest has, or as the shares leave of the others."""
    held = np.array(there, np.float64)
    some = shares > 0.0
    many = int(min(held[some].max(), np.floor((held[some] / shares[some]).min() + 1e-9)))
    return _whole(shares, many)


def _places(counts: Codes, members: Sequence[AnyPosterior]) -> list[Codes]:
    """Where the draws of each stand: of those that are asked where not all are, each has its share, too."""
    many = int(counts.sum())
    rng = generator_for(1, np.array([one.log_evidence for one in members]))
    asked = evenly_thinned(many, DRAWS)
    some = _whole(counts / many, asked.size)
    owner = np.empty(many, np.intp)
    owner[asked] = _in_turn(some, rng)
    owner[np.setdiff1d(np.arange(many), asked)] = _in_turn(counts - some, rng)
    return [np.flatnonzero(owner == k) for k in range(len(counts))]


def _in_turn(counts: Codes, rng: np.random.Generator) -> Codes:
    """Whose draw comes when: evenly spread, and in short blocks by chance.

    Of two averages whose draws meet, one by one, the model of the one must not tell that of the other.
    """
    spread = np.concatenate([np.linspace(0.0, 1.0, 2 * int(n) + 1)[1::2] for n in counts.tolist()])
    owner = np.repeat(np.arange(len(counts)), counts)[np.argsort(spread, kind="stable")]
    for start in range(0, owner.size, _BLOCK):
        owner[start : start + _BLOCK] = rng.permutation(owner[start : start + _BLOCK])
    return owner


def _whole(shares: Array, many: int) -> Codes:
    """Whole numbers that add up to `many`, as near to the shares as these can be."""
    whole = np.floor(shares * many + 1e-9)
    order = np.argsort(whole - shares * many, kind="stable")
    whole[order[: many - int(whole.sum())]] += 1.0
    return whole.astype(np.intp)


def _priors(drawn: Sequence[tuple[str, AnyPosterior, int]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, one, _ in drawn:
        if isinstance(one.prior, JointNormal):
            told[name] = one.prior
        else:
            told |= {f"{name}.{parameter}": prior for parameter, prior in one.prior.items()}
    return told


def _verdict(drawn: Sequence[tuple[str, AnyPosterior, int]], told: str) -> SamplingDiagnostics:
    verdicts = [one.diagnostics for _, one, _ in drawn]
    counts = np.array([n for _, _, n in drawn], np.float64)
    worth = counts * [one.effective_draws / len(one) for _, one, _ in drawn]
    messages = [f"{name}: {v}" for (name, _, _), v in zip(drawn, verdicts, strict=True)]
    return SamplingDiagnostics(
        method="chain" if any(v.method == "chain" for v in verdicts) else "importance",
        # of a mean over all: the variances of the parts add up by the squares of their shares
        effective_draws=float(counts.sum() ** 2 / (counts**2 / worth).sum()),
        pareto_k=max(v.pareto_k for v in verdicts),
        r_hat=max((v.r_hat for v in verdicts if v.r_hat is not None), default=None),
        evaluations=sum(v.evaluations for v in verdicts),
        messages=(f"{told}.", *messages),
    )
