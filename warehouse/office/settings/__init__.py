"""Settings: what a business decides for itself, each with its meaning, and the log of what was changed by whom."""
