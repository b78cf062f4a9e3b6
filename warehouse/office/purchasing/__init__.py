"""Purchasing's desk: what is on its way to us, and whose papers still lack (R-RCV-1).

An order is made by hand here or imported; closing its rest means that nobody waits for it any more. Receipts without
papers are blocked until somebody here names their order.
"""
