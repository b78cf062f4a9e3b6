"""A shift played by robots over HTTP, with everything that goes wrong on a floor, and the proof afterwards.

What a robot sees is what a person sees: the screens as JSON, one scan at a time. Each robot keeps in mind what it really
took from where to where (`floor.py`), so that at the end the book can be compared with the floor, beside `verify` and
the FIFO audit of the exported ledger (`audit.py`). Every choice follows from one seed: who acts next, what goes wrong,
what is ordered. Time is compressed: an hour of a shift is a number of acts (`shift.ACTS_AN_HOUR`), and nobody waits.
"""

from __future__ import annotations

from warehouse.simulate.report import Report
from warehouse.simulate.shift import Plan, play

__all__ = ["Plan", "Report", "play"]
