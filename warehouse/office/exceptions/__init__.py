"""The exception desk: what came with faults is corrected here, checked again by the rules of the import, and goes on (R-ORD-1).

What was stopped later, by a refund or at packing, has its page here too; it goes on or ends at the order desk.
"""
