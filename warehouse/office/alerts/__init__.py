"""The desk of stock alerts: purchasing and operations see what runs out, say who takes care of it, and let it wait (R-SAF-3, 4)."""
