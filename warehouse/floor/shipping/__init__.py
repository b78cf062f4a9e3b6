"""Shipping: only the hand-over scan ships.

`next` gathers the closed parcels of one lane, the longest waiting first, that nobody else is handing over. The
shipper scans each parcel as it goes onto the truck, in any order; a closed parcel that nobody has is taken along. A
scan posts the parcel's goods to the customer with their reservations, so that no unit can leave twice; when all parcels
of an order are out, the order is shipped. Parcels of held or cancelled orders, open ones, and those that went out
before are refused. The last parcel ends the hand-over, XXDONE ends it early; what was handed over is never undone.
"""
