"""The desk of messages: what was told to whom, what could not be delivered, and the webhooks that are called (R-SAF-3)."""
