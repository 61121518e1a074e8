"""What parameters follow from the data, how sure are they, and is the fit one at all?

It knows `AbstractModel`, and no model by name. In reading order:

- `fit`              maximum likelihood for any model: compressed rows, analytic score, deterministic start.
- `result`           the result: a model, how sure we are of it, and whether it is a fit at all.
- `diagnostics`      why a fit is or is not an estimate: the reasons in sentences, kept in one table.
- `uncertainty`      how sure we are of a figure that was computed from fits.
- `likelihood_ratio` whether a larger model earns its parameters.
- `regularity`       how regularly customers buy: the k of Erlang-k models, by likelihood.
"""

from retainkit.inference.fit import fit
from retainkit.inference.likelihood_ratio import LikelihoodRatio, likelihood_ratio_test
from retainkit.inference.regularity import RegularityChoice, choose_k
from retainkit.inference.result import Fit
from retainkit.inference.uncertainty import standard_error

__all__ = [
    "Fit",
    "LikelihoodRatio",
    "RegularityChoice",
    "choose_k",
    "fit",
    "likelihood_ratio_test",
    "standard_error",
]
