"""Picking: oldest goods first, into a tote.

`next` gives the most urgent order: it reserves all of it, oldest layers first, and nobody else gets the same one.
The picker acknowledges the customer's note if there is one, scans a tote, and then for each line the bin, the item,
its lot or serial where tracked, and the quantity. Each scan moves the goods from the bin to the tote with their
reservation. Another bin or lot is taken if it is as old; a newer one is refused with the place of the older, unless
a supervisor's badge lets it pass once. What is not there is short: the rest of it in that bin is held and counted,
other stock is found at once, else the order waits for it. Damaged goods go to quarantine. The last line sends the
tote to packing.
"""
