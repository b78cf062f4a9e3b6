"""Counting: what really lies in a bin, told by whoever stands before it and is not told what the book says.

`next` gives the recount, the wish or the due bin that is most urgent for this person. The counter scans the bin, then every
piece, pack or container that lies there, or types how many more there are, and confirms that the bin is complete; an
empty bin is confirmed at once. Goods that do not belong there are counted like all others. What was moved while it was
counted is asked for once more. Whatever comes of it, the counter is told the same: another person counts a difference
again, and a supervisor decides.
"""
