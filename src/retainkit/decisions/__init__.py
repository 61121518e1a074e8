"""Which spending on service, retention, loyalty, referral and acquisition earns more than it costs."""
