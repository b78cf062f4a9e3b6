"""Receiving: what a truck brought is checked against its paper and booked in.

`next` gives the purchase order that is due first; nobody else gets the same one. The receiver scans its document,
the dock if there are several, and then for each line the item, its lot, expiry or serial where the goods have one,
and the quantity. The scan that names the goods books its own quantity; lines may come in any order. What no paper
told (a lot, a serial, an expiry) is proposed, and any other text is the supplier's. One GS1 code tells all at once.
Goods beyond the order are refused; they, and goods of which nobody knows, come by a receipt without papers: an item
or XXSKIP at the document starts one, its goods are held until purchasing links an order. Damaged goods go straight
to quarantine. The last full line ends the receipt, XXDONE ends it early. Each receipt is a numbered note.
"""
