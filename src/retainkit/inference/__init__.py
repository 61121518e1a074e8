"""From data to parameters and their uncertainty; knows `AbstractModel`, and no model by name."""

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
