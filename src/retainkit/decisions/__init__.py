"""Which spending on service, retention, loyalty, referral and acquisition earns more than it costs."""

from retainkit.decisions._base.assumptions import Assumption
from retainkit.decisions.company.flows import Flows
from retainkit.decisions.feedback.driver_parts import DriverMethod
from retainkit.decisions._base.estimate import Estimate
from retainkit.decisions.company.acquisition_schedule import bass_schedule, substitution_schedule
from retainkit.decisions.spending.allocation import Allocation, Spendable, allocate_budget
from retainkit.decisions.pricing.paid_anyway import share_paid_anyway
from retainkit.decisions.spending.blattberg_deighton import BlattbergDeighton
from retainkit.decisions.company.brand_switching import ReturnOnSwitching, improved_switching, return_on_switching
from retainkit.decisions.campaigns.campaign import BetaAcceptance, Campaign, CampaignProfit, campaign_profit
from retainkit.decisions.company.company_value import CompanyValue, value_company
from retainkit.decisions.crisis.complaints import (
    BetterComplaintHandling,
    ComplaintHandling,
    MarketDamage,
    WordOfMouth,
    better_complaint_handling,
    market_damage,
)
from retainkit.decisions.crisis.crisis import crisis_survivor_factor, survival_through_crisis, value_through_crisis
from retainkit.decisions.crisis.crisis_cost import CrisisCost, FasterRecovery, crisis_cost, faster_recovery
from retainkit.decisions.pricing.discount import LoyaltyDiscount, break_even_churn_with_discount, loyalty_discount
from retainkit.decisions.feedback.effect_check import EffectCheck, effect_check, effect_check_of_table
from retainkit.decisions.experiments.experiment import ExperimentResult, experiment_from_draws
from retainkit.decisions.experiments.experiment_plan import ExperimentPlan, sample_size_for_profit
from retainkit.decisions.feedback.importance_performance import ImportancePerformance, importance_performance
from retainkit.decisions.campaigns.incentive import IncentivePlan, best_incentive
from retainkit.decisions.experiments.information import evpi, evpi_of_draws, evsi
from retainkit.decisions.feedback.issue_effects import EffectMethod, IssueEffects, issue_effects
from retainkit.decisions.feedback.issues_at_stake import IssueAtStake, IssueRanking, issues_at_stake, value_at_stake
from retainkit.decisions.feedback.key_drivers import KeyDrivers, key_drivers, key_drivers_of_correlations
from retainkit.decisions.company.leverage import leverage_effect, shareholder_value
from retainkit.decisions.experiments.lifetime_test import lifetime_test
from retainkit.decisions.pricing.loyalty_tiers import TierProgramme, tier_programme
from retainkit.decisions.campaigns.maximum_profit import MaximumProfit, expected_maximum_profit, maximum_profit
from retainkit.decisions.spending.off_optimum import OffOptimum, cost_of_being_off
from retainkit.decisions.plan import (
    FailureRecovery,
    FrontierPoint,
    Initiative,
    InitiativeResult,
    Learning,
    Overlap,
    PlanResult,
    QualityChange,
    ResponseTimeChange,
    RetentionPlan,
    Segment,
    ServiceInitiative,
    ServicePlan,
    Staffing,
    UncertainEffect,
)
from retainkit.decisions.pricing.points import PointsRedemption, effective_rebate, points_programme, points_redemption
from retainkit.decisions.pricing.points_liability import PointsLiability, points_liability
from retainkit.decisions.targeting.policy_value import PolicyValue, policy_value
from retainkit.decisions.pricing.price_change import PriceChange, break_even_volume, price_change
from retainkit.decisions.campaigns.profit_curve import ContactPlan, ProfitCurve, profit_curve, whom_to_contact
from retainkit.decisions.experiments.rate_contrast import Contrast, rate_contrast
from retainkit.decisions.pricing.rebate import Rebate, break_even_lift, rebate_programme
from retainkit.decisions.referral.multiplier import (
    ReferralGrowth,
    referral_multiplier,
    referrals_per_customer,
    value_with_referrals,
)
from retainkit.decisions.referral.reward import ReferralReward, best_referral_reward
from retainkit.decisions.referral.value import ReferralValue, customer_referral_value, value_of_referral
from retainkit.decisions.referral.premium import ReferredPremium, referred_customer_premium
from retainkit.decisions.feedback.relative_weights import relative_weights
from retainkit.decisions.spending.response_curves import (
    AdbudgResponse,
    ExponentialResponse,
    HillResponse,
    ResponseCurve,
)
from retainkit.decisions.spending.response_fit import FittedResponse, fit_response
from retainkit.decisions.service.response_time import (
    FasterResponse,
    ResponseTimeCurve,
    faster_response,
    hazard_ratio_of_response_time,
)
from retainkit.decisions.experiments.retention_test import retention_test
from retainkit.decisions.service.return_on_quality import ReturnOnQuality, return_on_quality, roi_of_customer_equity
from retainkit.decisions.experiments.revenue_test import revenue_test
from retainkit.decisions.referral.reviews import ReviewEffect, customers_from_reviews, review_effect
from retainkit.decisions.experiments.sample_size import sample_size_for_means, sample_size_for_shares
from retainkit.decisions.experiments.sequential import SequentialResult, sequential_test
from retainkit.decisions.experiments.sequential_arms import sequential_retention_test, sequential_revenue_test
from retainkit.decisions.service.service_change import ServiceChange, service_change, service_value_ratio
from retainkit.decisions.service.service_curve import service_change_on_curve, survival_with_hazard_ratio
from retainkit.decisions.service.profit_chain import (
    Link,
    ServiceProfitChain,
    chain_effects,
    service_profit_chain,
)
from retainkit.decisions.crisis.recovery import ServiceRecovery, recovery_gain, service_recovery
from retainkit.decisions.feedback.shapley_regression import SampledParts, sampled_shapley_r_squared, shapley_r_squared
from retainkit.decisions.spending.spending import BudgetPlan, SpendingPlan, best_spending, best_spending_within
from retainkit.decisions.service.staffing import (
    LeaverCost,
    ServedCustomers,
    StaffRetention,
    leaver_cost,
    staff_retention,
)
from retainkit.decisions.experiments.stopping_rule import when_to_stop
from retainkit.decisions.feedback.tickets import tickets_by_customer
from retainkit.decisions.pricing.take_rate import Offer, break_even_take_rate, offer_to_customers
from retainkit.decisions.targeting.targeting import (
    break_even_uplift,
    share_paid_to_stayers,
    treatment_gain,
    treatment_outlay,
)
from retainkit.decisions.targeting.treatment_list import TreatmentList, treatment_list
from retainkit.decisions.targeting.uplift_curves import UpliftCurve, uplift_curve
from retainkit.decisions.targeting.whom_to_treat import TreatmentDecision, whom_to_treat

__all__ = [
    "AdbudgResponse",
    "Allocation",
    "Assumption",
    "BetaAcceptance",
    "BetterComplaintHandling",
    "BlattbergDeighton",
    "BudgetPlan",
    "Campaign",
    "CampaignProfit",
    "CompanyValue",
    "ComplaintHandling",
    "ContactPlan",
    "Contrast",
    "CrisisCost",
    "DriverMethod",
    "EffectCheck",
    "EffectMethod",
    "Estimate",
    "ExperimentPlan",
    "ExperimentResult",
    "ExponentialResponse",
    "FailureRecovery",
    "FasterRecovery",
    "FasterResponse",
    "FittedResponse",
    "Flows",
    "FrontierPoint",
    "HillResponse",
    "ImportancePerformance",
    "IncentivePlan",
    "Initiative",
    "InitiativeResult",
    "IssueAtStake",
    "IssueEffects",
    "IssueRanking",
    "KeyDrivers",
    "Learning",
    "LeaverCost",
    "Link",
    "LoyaltyDiscount",
    "MarketDamage",
    "MaximumProfit",
    "OffOptimum",
    "Offer",
    "Overlap",
    "PlanResult",
    "PointsLiability",
    "PointsRedemption",
    "PolicyValue",
    "PriceChange",
    "ProfitCurve",
    "QualityChange",
    "Rebate",
    "ReferralGrowth",
    "ReferralReward",
    "ReferralValue",
    "ReferredPremium",
    "ResponseCurve",
    "ResponseTimeChange",
    "ResponseTimeCurve",
    "RetentionPlan",
    "ReturnOnQuality",
    "ReturnOnSwitching",
    "ReviewEffect",
    "SampledParts",
    "Segment",
    "SequentialResult",
    "ServedCustomers",
    "ServiceChange",
    "ServiceInitiative",
    "ServicePlan",
    "ServiceProfitChain",
    "ServiceRecovery",
    "Spendable",
    "SpendingPlan",
    "StaffRetention",
    "Staffing",
    "TierProgramme",
    "TreatmentDecision",
    "TreatmentList",
    "UncertainEffect",
    "UpliftCurve",
    "WordOfMouth",
    "allocate_budget",
    "bass_schedule",
    "best_incentive",
    "best_referral_reward",
    "best_spending",
    "best_spending_within",
    "better_complaint_handling",
    "break_even_churn_with_discount",
    "break_even_lift",
    "break_even_take_rate",
    "break_even_uplift",
    "break_even_volume",
    "campaign_profit",
    "chain_effects",
    "cost_of_being_off",
    "crisis_cost",
    "crisis_survivor_factor",
    "customer_referral_value",
    "customers_from_reviews",
    "effect_check",
    "effect_check_of_table",
    "effective_rebate",
    "evpi",
    "evpi_of_draws",
    "evsi",
    "expected_maximum_profit",
    "experiment_from_draws",
    "faster_recovery",
    "faster_response",
    "fit_response",
    "hazard_ratio_of_response_time",
    "importance_performance",
    "improved_switching",
    "issue_effects",
    "issues_at_stake",
    "key_drivers",
    "key_drivers_of_correlations",
    "leaver_cost",
    "leverage_effect",
    "lifetime_test",
    "loyalty_discount",
    "market_damage",
    "maximum_profit",
    "offer_to_customers",
    "points_liability",
    "points_programme",
    "points_redemption",
    "policy_value",
    "price_change",
    "profit_curve",
    "rate_contrast",
    "rebate_programme",
    "recovery_gain",
    "referral_multiplier",
    "referrals_per_customer",
    "referred_customer_premium",
    "relative_weights",
    "retention_test",
    "return_on_quality",
    "return_on_switching",
    "revenue_test",
    "review_effect",
    "roi_of_customer_equity",
    "sample_size_for_means",
    "sample_size_for_profit",
    "sample_size_for_shares",
    "sampled_shapley_r_squared",
    "sequential_retention_test",
    "sequential_revenue_test",
    "sequential_test",
    "service_change",
    "service_change_on_curve",
    "service_profit_chain",
    "service_recovery",
    "service_value_ratio",
    "shapley_r_squared",
    "share_paid_anyway",
    "share_paid_to_stayers",
    "shareholder_value",
    "staff_retention",
    "substitution_schedule",
    "survival_through_crisis",
    "survival_with_hazard_ratio",
    "tickets_by_customer",
    "tier_programme",
    "treatment_gain",
    "treatment_list",
    "treatment_outlay",
    "uplift_curve",
    "value_at_stake",
    "value_company",
    "value_of_referral",
    "value_through_crisis",
    "value_with_referrals",
    "when_to_stop",
    "whom_to_contact",
    "whom_to_treat",
]
