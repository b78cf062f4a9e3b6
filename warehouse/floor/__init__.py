"""The rooms of the floor, one workflow each. They never import each other: they meet in the ledger, orders and work."""
