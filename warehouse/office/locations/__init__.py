"""Locations: the tree of a warehouse, what lies in each place, and new bins, a whole run of them at once.

Places never move and keep their kind here; a bin is made a pick face or gets other limits while goods lie in it.
"""
