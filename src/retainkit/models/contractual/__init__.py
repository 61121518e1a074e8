"""How long customers stay where leaving is seen: subscriptions, memberships, policies."""
