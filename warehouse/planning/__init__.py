"""Planning: how much of an item should be there, and who hears at once when it is not (R-SAF-1, 2, 5, 6, 7).

- history.py keeps, behind the floor, how much of each item was used on each day.
- rules.py reckons from that: demand, safety stock, reorder point. Pure; each formula names its source.
- policies.py says by which policy an item is planned in a warehouse, and writes the levels to the item's total.
- alerts.py decides at the end of every change that may have crossed a level, and keeps each alert's life.
- simulation.py asks a policy's past: how often would it have alarmed, how often run out.
- idle.py reports what does not move, what expires, turnover and cover.
- jobs.py is what the worker does of all this.
"""
