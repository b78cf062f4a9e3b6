"""The desk of stock alerts: what runs out, who takes care of it, and what may wait (R-SAF-3, 4)."""
