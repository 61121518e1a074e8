"""How do other libraries' fits and scripts work with this one?

Import the room of the library you come from: `lifetimes/` is the drop-in for lifetimes, `survival/` takes
survival curves of lifelines, scikit-survival, SurPyval, arrays and functions, `sklearn/` has estimators for
pipelines and searches of scikit-learn.
"""
