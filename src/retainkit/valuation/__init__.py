"""Expected activity × margin × discounting → value: of a customer, of the base, of a new customer."""
