"""What parameters follow from the data, how sure are they, and is the fit one at all?

It knows `AbstractModel`, and no model by name. In reading order:

- `fit`         maximum likelihood for any model: compressed rows, analytic score, deterministic start.
- `each`        the same for each of many segments, shrunk toward the whole where they are small.
- `churn_posterior` the churn of a period from counts of who left, as draws.
- `resample`    a thousand replicates of the data in one search, and data with some customers left out.
- `replicated`  what replicates say: errors, bias, intervals of parameters and of any figure.
- `replicates`  their maxima, found together from that of the whole.
- `weights`     how often each customer counts in each replicate.
- `search`      several starts, and the limits of a model: what is highest.
- `view`        a family as the search sees it: coordinates, likelihood, score, penalty.
- `progress`    how far a search has come.
- `result`      the result: a model, how sure we are of it and of any figure computed from it.
- `diagnostics` why a fit is or is not an estimate: the reasons in sentences, kept in one table.
- `posterior`   draws of the parameters: how sure the data and a stated prior leave us.
- `prediction`  how sure a figure of a customer, a segment, the base is, and from which source.
- `spread`      draws of such figures by source: parameters, customers, chance.
- `priors`      what is known before the data speak: proper distributions, each stated in figures.
- `stated_priors` the prior of each parameter, as it was stated or weak; as a search subtracts it.
- `sampling`    how draws are made: wide distributions around the modes, weights, chains where those fail.
- `loo`         how well a model foretells a customer left out, and what several together foretell best.
- `several/`    posteriors together: of models, averaged; of segments, which share what is common.
- `choice`      whether a larger model earns its parameters, and the k of Erlang-k: how regularly they buy.
"""

from retainkit.inference.choice import LikelihoodRatio, RegularityChoice, choose_k, likelihood_ratio_test
from retainkit.inference.churn_posterior import churn_posterior
from retainkit.inference.diagnostics import LimitingModel
from retainkit.inference.each import SegmentFits, fit_each
from retainkit.inference.fit import fit
from retainkit.inference.loo import LeaveOneOut, loo, stacking_weights
from retainkit.inference.posterior import Posterior, PosteriorSummary, posterior
from retainkit.inference.prediction import Prediction, predict
from retainkit.inference.progress import Progress
from retainkit.inference.replicated import Bootstrap, Jackknife
from retainkit.inference.resample import bootstrap, jackknife
from retainkit.inference.result import Fit, standard_error
from retainkit.inference.several import SegmentPosteriors, average, posterior_each
from retainkit.inference.spread import SOURCES

__all__ = [
    "SOURCES",
    "Bootstrap",
    "Fit",
    "Jackknife",
    "LeaveOneOut",
    "LikelihoodRatio",
    "LimitingModel",
    "Posterior",
    "PosteriorSummary",
    "Prediction",
    "Progress",
    "RegularityChoice",
    "SegmentFits",
    "SegmentPosteriors",
    "average",
    "bootstrap",
    "choose_k",
    "churn_posterior",
    "fit",
    "fit_each",
    "jackknife",
    "likelihood_ratio_test",
    "loo",
    "posterior",
    "posterior_each",
    "predict",
    "stacking_weights",
    "standard_error",
]
