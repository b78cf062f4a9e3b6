"""The desks: work that is done sitting, over the same papers and the same ledger as the floor."""
