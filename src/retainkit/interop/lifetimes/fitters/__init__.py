"""What do lifetimes' fitters do, computed by retainkit's models?

The files are those that lifetimes keeps its fitters in. In reading order:

- `base_fitter`                what every fitter has: parameters as a Series, a printout, a file.
- `beta_geo_fitter`            BG/NBD.
- `modified_beta_geo_fitter`   MBG/NBD.
- `pareto_nbd_fitter`          Pareto/NBD.
- `beta_geo_beta_binom_fitter` BG/BB.
- `gamma_gamma_fitter`         the gamma-gamma model of spend.
"""

from retainkit.interop.lifetimes.fitters.base_fitter import BaseFitter

__all__ = ["BaseFitter"]
