"""Models of when customers buy and when, unseen, they stop."""
