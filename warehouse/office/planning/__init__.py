"""The desk of safety stock: by which policy each item is planned, with the arithmetic shown, and what does not move (R-SAF-1, 5, 6, 7)."""
