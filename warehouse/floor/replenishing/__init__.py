"""Replenishing: pick faces are filled from reserve before the pickers stand in front of nothing.

Only where pick faces are marked. `next` gives an item that orders want and pick faces lack while reserve holds it;
else one whose faces have fallen to their minimum. An empty face belongs to the item that was last taken from it.
The oldest reserve goes first. The worker scans the reserve bin, the item, the lot where there is one, says how many,
and scans the pick face: only then are the goods posted, and the orders that wait for them are tried again. A newer
reserve bin or lot is refused with the place of the older, unless a supervisor's badge lets it pass once.
"""
