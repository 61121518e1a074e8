"""Unit economics in the language of spreadsheets: the formulas of `economics`, with names for cells.

They are those of `economics.formulas.perpetuity` and `economics.formulas.payback`. The words are "never" for
a time without end, "infinite" and "minus infinite" for a figure, "undefined" for what does not exist.

Where a number of payments is counted, two figures have no closed form, and rows of Newton's method stand for
them. With e^L what a period leaves of the next payment, n payments are worth (1 − e^(nL))/(1 − e^L) of the
first, whose logarithm ln S is convex and rises with L: where it is too large, every step comes closer from
above, and ln n + (n−1)/2·L, which never exceeds ln S, gives such a start.
"""

from __future__ import annotations

from typing import NamedTuple

CLOSE = "0.000000000001"
"""Nearer to the edge of never than this, a spreadsheet has lost the digits that tell on which side it is."""

_SMALL = "0.003"  # n·|L| below which the closed form has fewer digits than three terms of its series
STEPS = 40


class Working(NamedTuple):
    """A step on the way to the figures."""

    name: str
    what: str
    formula: str


WORKINGS = (
    Working("cost", "Acquisition and onboarding", "acquisition_cost+onboarding_cost"),
    Working("gross", "Margin before retention cost, per month", "monthly_margin"),
    Working("margin", "Margin after retention cost, per month", "gross-monthly_retention_cost"),
    Working("discount", "Discount rate per month", "EXP(LN(1+annual_discount_rate)/12)-1"),
    Working("lost", "What a month leaves out: 1 + discount − retention", "discount+monthly_churn"),
    Working(
        "left", "ln of what a month leaves of the next payment",
        'IF(monthly_churn=1,"none",LN(1-monthly_churn)-LN(1+discount))',
    ),
    Working(
        "first", "First payment of 1, at the end of its month",
        'IF(timing="begin",1+discount,IF(timing="mid",SQRT(1+discount),IF(timing="end",1,1-monthly_churn)))',
    ),
    Working(
        "worth", "Value of a margin of 1 per month",
        'IF(timing="continuous",'
        "IF(ISNUMBER(horizon_months),"
        "IF(lost=0,horizon_months,IF(monthly_churn=1,0,(EXP(horizon_months*left)-1)/left)),"
        'IF(lost>0,IF(monthly_churn=1,0,-1/left),"infinite")),'
        "IF(ISNUMBER(horizon_months),"
        "IF(lost=0,horizon_months*first/(1+discount),"
        "first*(1-IF(monthly_churn=1,0,EXP(horizon_months*left)))/lost),"
        'IF(lost>0,first/lost,"infinite")))',
    ),
    Working(
        "worth_renewed", "The same, from the first renewal on",
        "IF(ISNUMBER(horizon_months),"
        "IF(lost=0,horizon_months*(1-monthly_churn)/(1+discount),"
        "(1-monthly_churn)*(1-IF(monthly_churn=1,0,EXP(horizon_months*left)))/lost),"
        'IF(lost>0,(1-monthly_churn)/lost,"infinite"))',
    ),
    Working(
        "wait", "Months after the first at which a payment comes, on average of their worth",
        "IF(ISNUMBER(horizon_months),IF(monthly_churn=1,0,"
        f"IF(ABS(horizon_months*left)<{_SMALL},"
        'IF(timing="continuous",horizon_months/2+horizon_months^2/12*left,'
        "(horizon_months-1)/2+(horizon_months^2-1)/12*left),"
        'IF(timing="continuous",-1/left,EXP(left)/(1-EXP(left)))'
        "-horizon_months*EXP(horizon_months*left)/(1-EXP(horizon_months*left)))),"
        'IF(lost>0,IF(timing="continuous",IF(monthly_churn=1,0,-1/left),(1-monthly_churn)/lost),"undefined"))',
    ),
    Working(
        "flow", "Share of a month's margin that flows while the customer is there",
        'IF(timing="continuous",IF(monthly_churn=1,0,IF(left=0,1,(EXP(left)-1)/left)),1)',
    ),
    Working(
        "delay", "When in its month a payment falls",
        'IF(timing="mid",0.5,IF(OR(timing="end",timing="end-if-retained"),1,0))',
    ),
)  # fmt: skip
"""In the order in which each needs only those above it and the assumptions."""

PAYBACK = (
    "IF({cost}=0,0,IF({margin}<=0,\"never\",IF({timing}=\"continuous\","
    "IF({churn}=1,\"never\",IF(-{cost}/{margin}*{left}>=1,\"never\","
    "IF({left}=0,{cost}/{margin},LN(1+{cost}/{margin}*{left})/{left}))),"
    "IF({first}<=0,\"never\","
    f"IF({{churn}}=1,IF(ABS({{cost}}*{{lost}}/({{margin}}*{{first}})-1)<{CLOSE},1,"
    "IF({cost}*{lost}/({margin}*{first})<1,0,\"never\")),"
    f"IF({{cost}}*{{lost}}/({{margin}}*{{first}})>=1-{CLOSE},\"never\","
    "IF({lost}=0,{cost}/({margin}*{first})*(1+{discount}),"
    "LN(1-{cost}*{lost}/({margin}*{first}))/{left})))))))"
)  # fmt: skip
"""Payments until the cost is collected, fractional; ``{churn}`` and the others are names of cells."""

PAYMENTS = (
    'IF(ISNUMBER({periods}),IF({cost}=0,0,IF(ABS({periods}-ROUND({periods},0))<=0.000000001*MAX(1,{periods}),'
    "MAX(1,ROUND({periods},0)),MAX(1,ROUNDUP({periods},0)))),\"never\")"
)  # fmt: skip
"""The whole number of payments of a fractional one."""

NET = "IF(ISNUMBER(lifetime_value),lifetime_value-cost,lifetime_value)"

_ENDLESS_RETURN = (
    'IF(timing="begin",IF(margin<cost,(margin/cost-monthly_churn)/(1-margin/cost),"infinite"),'
    'IF(timing="mid",margin/cost/2*(margin/cost+SQRT((margin/cost)^2+4*(1-monthly_churn)))-monthly_churn,'
    'IF(timing="continuous",IF(monthly_churn=1,-1,IF(margin/cost+LN(1-monthly_churn)>709,"infinite",'
    "EXP(margin/cost+LN(1-monthly_churn))-1)),"
    'margin/cost*IF(timing="end-if-retained",1-monthly_churn,1)-monthly_churn)))'
)
_CRITICAL_EVER = (
    'IF(timing="continuous",MAX(0,1-(1+discount)*EXP(-margin/cost)),'
    'IF(timing="end-if-retained",MAX(0,(margin-cost*discount)/(margin+cost)),'
    "IF(margin*first_without_churn/cost-discount>=1-"
    f'{CLOSE},"infinite",MAX(0,margin*first_without_churn/cost-discount))))'
)


_EVEN = f"ABS(net_value)<={CLOSE}*MAX(cost,0.000001)"  # worth just its cost: a change is a share of nothing
NET_SHARE = (
    f'IF(cost=0,1,IF(ISNUMBER(net_value),IF({_EVEN},"infinite",lifetime_value/net_value),"undefined"))'
)
"""Lifetime value as a multiple of what is left after the cost."""

_STAYS = 'wait+IF(timing="end-if-retained",1,0)'
_RATE = "annual_discount_rate/(1+annual_discount_rate)*(wait+delay)/12"


def _where_defined(formula: str) -> str:
    return f'IF(ISNUMBER(wait),{formula},"undefined")'


FIGURES: dict[str, str] = {
    "simple_payback_months": 'IF(cost=0,0,IF(margin<=0,"never",cost/margin))',
    "payback_months": 'IF(AND(ISNUMBER(horizon_months),ISNUMBER(payback_ever)),'
    'IF(payback_ever<=horizon_months,payback_ever,"never"),payback_ever)',
    "payback_payments": 'IF(timing="continuous","undefined",'
    + PAYMENTS.format(periods="payback_months", cost="cost")
    + ")",
    "lifetime_value": "IF(margin=0,0,IF(ISNUMBER(worth),margin*worth,"
    'IF(margin>0,"infinite","minus infinite")))',
    "net_value": NET,
    "value_to_cost": "IF(ISNUMBER(lifetime_value),IF(cost=0,IF(lifetime_value>0,\"infinite\","
    'IF(lifetime_value<0,"minus infinite","undefined")),lifetime_value/cost),lifetime_value)',
    "monthly_rate_of_return": 'IF(cost=0,IF(margin>0,"infinite","undefined"),IF(margin<=0,"undefined",'
    "IF(ISNUMBER(horizon_months),IF(ISNUMBER(return_ever),IF(OR(return_ever<=-1,monthly_churn=1),return_ever,"
    "IF(ISNUMBER(return_solved),return_solved,-1)),return_ever),return_ever)))",
    "annual_rate_of_return": "IF(ISNUMBER(monthly_rate_of_return),(1+monthly_rate_of_return)^12-1,"
    "monthly_rate_of_return)",
    "expected_lifetime_months": 'IF(monthly_churn=0,"never",1/monthly_churn)',
    "residual_value_after_payment": 'IF(timing="continuous","undefined",IF(margin=0,0,'
    'IF(ISNUMBER(worth_renewed),margin*worth_renewed,IF(margin>0,"infinite","minus infinite"))))',
    "residual_value_before_renewal": "IF(ISNUMBER(residual_value_after_payment),"
    "residual_value_after_payment*(1+discount),residual_value_after_payment)",
    "critical_monthly_churn": 'IF(cost=0,IF(AND(margin<0,ISNUMBER(horizon_months),timing<>"continuous"),0,'
    '"infinite"),IF(margin<=0,0,IF(ISNUMBER(horizon_months),critical_solved,critical_ever)))',
    "critical_monthly_margin": "IF(cost=0,monthly_retention_cost,IF(ISNUMBER(worth),IF(worth=0,\"infinite\","
    "monthly_retention_cost+cost/worth),monthly_retention_cost))",
    "critical_acquisition_cost": "IF(ISNUMBER(lifetime_value),lifetime_value-onboarding_cost,lifetime_value)",
    "elasticity_to_retention": _where_defined(
        f"IF({_STAYS}=0,0,IF(ISNUMBER(net_share),({_STAYS})*net_share,net_share))"
    ),
    "elasticity_to_margin": "IF(AND(gross=0,cost>0),0,"
    + _where_defined(
        f'IF({_EVEN},IF(gross*worth>0,"infinite",IF(gross*worth<0,"minus infinite","undefined")),'
        "gross*worth/net_value)"
    )
    + ")",
    "elasticity_to_discount_rate": "IF(annual_discount_rate=0,0,"
    + _where_defined(
        f'IF(ISNUMBER(net_share),-{_RATE}*net_share,IF(wait+delay=0,"undefined",'
        'IF(annual_discount_rate>0,"minus infinite","infinite")))'
    )
    + ")",
    "elasticity_to_acquisition_cost": "IF(acquisition_cost=0,0,"
    + _where_defined(f'IF({_EVEN},"minus infinite",-acquisition_cost/net_value)')
    + ")",
}  # fmt: skip
"""Every figure of `UnitEconomicsResult`, by name."""

EVER: dict[str, str] = {
    "payback_ever": PAYBACK.format(
        **{n: n for n in ("cost", "margin", "timing", "first", "lost", "left", "discount")},
        churn="monthly_churn",
    ),
    "first_without_churn": 'IF(timing="begin",1+discount,IF(timing="mid",SQRT(1+discount),1))',
    "return_ever": f'IF(OR(cost=0,margin<=0),"undefined",{_ENDLESS_RETURN})',
    "critical_ever": f'IF(OR(cost=0,margin<=0),"undefined",{_CRITICAL_EVER})',
}
"""Figures without a horizon, by name."""


def log_sum(at: str) -> str:
    """ln S at a cell that has L."""
    small = f"ABS(horizon_months*{at})<{_SMALL}"
    return (
        f'IF(timing="continuous",IF({small},LN(horizon_months)+horizon_months/2*{at}+horizon_months^2/24*{at}^2,'
        f"LN((EXP(horizon_months*{at})-1)/{at})),"
        f"IF({small},LN(horizon_months)+(horizon_months-1)/2*{at}+(horizon_months^2-1)/24*{at}^2,"
        f"LN((1-EXP(horizon_months*{at}))/(1-EXP({at})))))"
    )


def slope(at: str) -> str:
    """What ln S rises with L."""
    far = f"-horizon_months*EXP(horizon_months*{at})/(1-EXP(horizon_months*{at}))"
    return (
        f"IF(ABS(horizon_months*{at})<{_SMALL},"
        f'IF(timing="continuous",horizon_months/2+horizon_months^2/12*{at},'
        f"(horizon_months-1)/2+(horizon_months^2-1)/12*{at}),"
        f'IF(timing="continuous",-1/{at},EXP({at})/(1-EXP({at}))){far})'
    )


class Search(NamedTuple):
    """A figure without closed form: where ln S + power·L meets `target`."""

    name: str
    what: str
    needed: str
    power: str
    target: str
    answer: str
    """Of the cell ``{at}`` that has L in the end."""


SEARCHES = (
    Search(
        "return_solved",
        "Rate of return per month, of these payments",
        "IF(AND(ISNUMBER(horizon_months),ISNUMBER(return_ever),monthly_churn<1),"
        'OR(timing<>"begin",horizon_months>1),FALSE)',
        'IF(timing="mid",0.5,IF(OR(timing="end",timing="end-if-retained"),1,0))',
        'IF(OR(cost=0,margin<=0,monthly_churn=1),"none",'
        'LN(cost/margin)+IF(timing="mid",0.5,IF(timing="end",1,0))*LN(1-monthly_churn))',
        'IF(ISNUMBER({at}),EXP(LN(1-monthly_churn)-{at})-1,"none")',
    ),
    Search(
        "critical_solved",
        "Critical monthly churn, of these payments",
        "IF(AND(ISNUMBER(horizon_months),cost>0,margin>0),"
        'OR(timing="end-if-retained",timing="continuous",AND(horizon_months>1,target>0)),FALSE)',
        'IF(timing="end-if-retained",1,0)',
        'IF(OR(cost=0,margin<=0),"none",'
        'LN(cost/margin)+IF(timing="mid",0.5,IF(timing="end",1,0))*LN(1+discount))',
        'IF(ISNUMBER({at}),MAX(0,1-(1+discount)*EXP({at})),IF(ISNUMBER(target),IF(target>0,0,"infinite"),"none"))',
    ),
)

START = (
    "IF({needed},(target-LN(horizon_months))/"
    '(power+IF(timing="continuous",horizon_months,horizon_months-1)/2),"none")'
)
STEP = 'IF(ISNUMBER({at}),{at}-({sum}+power*{at}-target)/({slope}+power),"none")'
