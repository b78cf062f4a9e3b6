"""Stock: what lies where and in which state, now or at a past instant, as a list and as a file; and every move.

Nothing is changed here: stock changes on the floor, by scans, and the history tells each of them with who, when and why.
"""
