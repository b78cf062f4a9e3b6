"""Putaway: what stands at the dock is brought to its bin.

What lies free at a dock or staging place, or in a tote or parcel of a cancelled order, is the list of work. `next`
gives one stock row of it with the bin that suits it best: the same lot, the same item, its class's own zone, enough
space by weight and volume, near where goods are fast. The last space of a bin is kept for the person sent there.
The worker scans the item (or its container), the lot where there is one, says how many, and scans the bin: only
then are the goods posted, and free for picking if it is a pick location. Another bin that may take them will do.
"""
