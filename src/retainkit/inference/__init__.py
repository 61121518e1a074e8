"""What parameters follow from the data, how sure are they, and is the fit one at all?

It knows `AbstractModel`, and no model by name. In reading order:

- `fit`         maximum likelihood for any model: compressed rows, analytic score, deterministic start.
- `result`      the result: a model, how sure we are of it and of any figure computed from it.
- `diagnostics` why a fit is or is not an estimate: the reasons in sentences, kept in one table.
- `choice`      whether a larger model earns its parameters, and the k of Erlang-k: how regularly they buy.
"""

from retainkit.inference.choice import LikelihoodRatio, RegularityChoice, choose_k, likelihood_ratio_test
from retainkit.inference.fit import fit
from retainkit.inference.result import Fit, standard_error

__all__ = [
    "Fit",
    "LikelihoodRatio",
    "RegularityChoice",
    "choose_k",
    "fit",
    "likelihood_ratio_test",
    "standard_error",
]
