"""Models of what a purchase is worth."""
