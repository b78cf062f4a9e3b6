"""Buying's desk: what runs out, proposed as an order to each supplier, and what the suppliers ask for it (R-SAF-3, R-SAF-4).

A proposal is nobody's paper: it is reckoned when it is looked at (rules.py, with its arithmetic in words). Raising it
makes one purchase order that waits for approval; of two people who look at the same proposal one raises it.
"""
