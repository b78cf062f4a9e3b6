"""Lookup: what is this, where does it lie, and what happened to it last?

Any code may be scanned: an item's, a bin's, a tote's or parcel's, a lot or serial, a purchase order, an order's or
a goods issue note's number. Everything that the text names is told, with its stock and its last ten moves in plain
words. Nothing changes.
"""
