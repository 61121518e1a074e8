"""The words of reports, each defined once."""

from __future__ import annotations

PURCHASES: tuple[tuple[str, str], ...] = (
    (
        "Value of the base",
        "Expected margin of today's customers over the horizon, discounted to the last day of observation. "
        "Past purchases and customers yet to be won are not in it.",
    ),
    (
        "Value of a new customer",
        "The same for a customer won today, the first purchase included, before the acquisition cost.",
    ),
    (
        "Paid back",
        "When the discounted expected margin of a new customer first reaches the acquisition cost.",
    ),
    (
        "Still a customer",
        "Nobody says that they have left. The model gives each customer the chance to be one still, from how "
        "often and how lately they bought; the figure adds these chances up.",
    ),
    ("Repeat purchase", "A day with a purchase after the day of the first one."),
    ("Held out", "Time hidden from the fit, then predicted and compared with what happened."),
    ("Margin", "Share of what customers spend that is left after its own costs."),
    (
        "90% interval",
        "Of ten bases like this one, nine give an interval that holds the true figure, provided the model is "
        "right.",
    ),
)

SUBSCRIPTIONS: tuple[tuple[str, str], ...] = (
    (
        "Value of the base",
        "Expected margin of those who subscribe today over the horizon, discounted to the last day of "
        "observation. Customers yet to be won are not in it.",
    ),
    (
        "Value of a new customer",
        "The same for a customer won today, the first payment included, before the acquisition cost.",
    ),
    ("Paid back", "The first payment with which discounted expected margin reaches the acquisition cost."),
    ("Recurring revenue", "What customers pay a month, prepayments spread over the months they pay for."),
    ("Churn", "Share of the customers who begin a month and are lost by its end."),
    (
        "Net retention",
        "Revenue still there from the customers of three months ago, with what they pay more and less since.",
    ),
    (
        "Kaplan–Meier",
        "The observed share still there, which counts each customer only for as long as they were seen.",
    ),
    ("Held out", "Time hidden from the fit, then predicted and compared with what happened."),
    (
        "90% interval",
        "Of ten bases like this one, nine give an interval that holds the true figure, provided the model is "
        "right.",
    ),
)
