"""The order desk: a supervisor or customer service holds, releases, cancels an order, or makes it more urgent.

Any of it goes at any point before the hand-over (R-ORD-7), and none of it edits a number. A held order stops where it
stands: its next scan on the floor is refused and its parcels leave no lane. Releasing lets it go on, also one that
packing stopped. Cancelling ends the work about it, voids its parcels, and gives its goods back: what lies in bins is
free again, what was picked is put away. What has been handed over, even in part, can only come back as a return.
"""
