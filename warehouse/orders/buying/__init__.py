"""A purchase order's way from an idea to goods at the dock (R-SAF-4, docs/purchasing.md).

draft → waiting for approval → approved → open (sent; on order, seen by receiving) → closed, or cancelled.

- rules.py: who may approve what, what an amendment may change, and what is said. Pure; duties are kept apart here alone.
- papers.py: the order's own row, its lines and what happened to it.
- drafts.py: an order is made, changed, submitted, taken back, thrown away.
- approvals.py: it is approved or goes back with a reason.
- amendments.py: what was sent is changed, with a reason and, where it costs more, with a new approval.
- sending.py: it goes to the supplier, who confirms a date, and is chased when the date has passed.
"""
