"""Clearing: what does not move is taken out of its bin, to the reserve, back to the supplier, or to scrap (R-SAF-6).

The office asks for it (planning/clearing.py) and the goods are held from then on. `next` gives the next clearance along the
walk, one person at a time on one. The worker scans the bin, the item, the lot or serial where there is one, and says how many.
What goes to the reserve is put into any bin that takes it and is no pick face; the screen proposes one. What goes back or is
scrapped is put where the screen says, and XXOK confirms: only then is it posted. What fits no cart at once stays for the next
piece of work. XXSHORT: what is missing is held until it is counted; XXDONE: what is left stays, free again, and is counted.
XXUNDO puts goods, clearance and hold back.
"""
