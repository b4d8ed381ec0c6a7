"""The live checks of a customer's key: one line of the ladder each."""
