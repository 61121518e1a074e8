"""From data to parameters and their uncertainty; knows `AbstractModel`, and no model by name."""
