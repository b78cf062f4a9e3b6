"""The desk of safety stock: each item's policy with its arithmetic, promotions, and what does not move (R-SAF-1, 5, 6, 7)."""
