"""What does a result look like?

Every function draws a result on axes of matplotlib and gives them back; `data` gives the numbers that it
draws, without matplotlib. In reading order:

- `look`      the house's look, on light and on dark paper, and in grey; what every picture has in common.
- `purchases` when customers buy: tracked, counted, by frequency and recency, one customer.
- `staying`   how long customers stay: survival curves, cohorts.
- `money`     break-even, forecasts, the bridge of recurring revenue, where value is.
- `knowledge` what data have taught: posteriors beside their priors, drivers.
- `choices`   decisions: whom to contact, how to spend, what moves a figure, where a decision turns.
"""

from retainkit.plot.choices import plot_profit_curve, plot_response, plot_tornado, plot_turning_points
from retainkit.plot.knowledge import plot_drivers, plot_posterior
from retainkit.plot.look import data
from retainkit.plot.money import plot_break_even, plot_bridge, plot_concentration, plot_forecast
from retainkit.plot.purchases import plot_frequency, plot_history, plot_matrix, plot_tracking
from retainkit.plot.staying import plot_cohorts, plot_survival

__all__ = [
    "data",
    "plot_break_even",
    "plot_bridge",
    "plot_cohorts",
    "plot_concentration",
    "plot_drivers",
    "plot_forecast",
    "plot_frequency",
    "plot_history",
    "plot_matrix",
    "plot_posterior",
    "plot_profit_curve",
    "plot_response",
    "plot_survival",
    "plot_tornado",
    "plot_tracking",
    "plot_turning_points",
]
