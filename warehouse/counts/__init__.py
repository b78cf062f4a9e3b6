"""Counting, as several rooms and desks share it: which bin is due, what was counted, and what becomes of a difference.

A bin is due by the plan or because somebody asked for it (`plan`, `requests`). Counting it opens a paper, of which one
at most is open for a bin (`papers`). What was counted is compared with the book when the bin is confirmed (`compare`); a
difference is counted again by another person and posted once a supervisor approves (`decide`, `posting`); reservations
that a loss uncovers are made again elsewhere (`uncover`). Why all of that is right while work goes on: docs/counting.md.
"""
