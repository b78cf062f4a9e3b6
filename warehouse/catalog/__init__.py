"""What there is and where it can lie: items, codes, lots, the location tree, containers, partners."""
