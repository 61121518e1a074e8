"""What every fitter has; the fitters stand in the files that lifetimes keeps them in."""

from retainkit.interop.lifetimes.fitters.base_fitter import BaseFitter

__all__ = ["BaseFitter"]
