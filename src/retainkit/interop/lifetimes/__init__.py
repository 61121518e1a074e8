"""How does a script for lifetimes 0.11.3 run on retainkit? Change the import.

The same classes, functions, arguments and results; `retainkit.interop.lifetimes` does not import
lifetimes. What differs, because lifetimes' answer is wrong or its engine gives up, is on the page
"Moving from lifetimes". In reading order:

- `convert`       `from_lifetimes`: a fitted fitter, theirs or these, as a retainkit model.
- `kinds`         the one place that loads pandas, whose tables this interface is made of.
- `utils`         summaries of transactions, tracking and value; what is checked before a fit.
- `generate_data` simulated customers with their hidden traits.
- `datasets`      the example data, read from the files of lifetimes.
- `plotting`      lifetimes' pictures.

`fitters/` holds the fitters.
"""

from retainkit.interop.lifetimes.convert import from_lifetimes
from retainkit.interop.lifetimes.fitters import BaseFitter
from retainkit.interop.lifetimes.fitters.beta_geo_beta_binom_fitter import BetaGeoBetaBinomFitter
from retainkit.interop.lifetimes.fitters.beta_geo_fitter import BetaGeoFitter
from retainkit.interop.lifetimes.fitters.gamma_gamma_fitter import GammaGammaFitter
from retainkit.interop.lifetimes.fitters.modified_beta_geo_fitter import ModifiedBetaGeoFitter
from retainkit.interop.lifetimes.fitters.pareto_nbd_fitter import ParetoNBDFitter

__version__ = "0.11.3"

__all__ = [
    "BaseFitter",
    "BetaGeoBetaBinomFitter",
    "BetaGeoFitter",
    "GammaGammaFitter",
    "ModifiedBetaGeoFitter",
    "ParetoNBDFitter",
    "__version__",
    "from_lifetimes",
]
