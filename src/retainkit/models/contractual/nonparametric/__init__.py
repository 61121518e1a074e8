"""What the data say of customers' lifetimes without a formula for them."""
