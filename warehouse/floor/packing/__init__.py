"""Packing: every unit is scanned again, into a parcel.

`next` gives the most urgent order that waits at packing, never one's own where another person could check it. The
packer says where they pack (if there is a choice), acknowledges the customer's note, and scans the tote. Each scan of
an item moves it with its reservation from the tote into the parcel, in any order; lot or serial must be one that was
picked. What does not belong to the order is refused, and so is more than was picked. What is missing stops the
parcel and tells the supervisor; damaged goods go to quarantine and are ordered again. When the totes are empty, the
packer confirms the goods' condition: the parcel is closed, has a code and a packing list, and waits for hand-over.
"""
