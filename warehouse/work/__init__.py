"""Below the rooms: pieces of work and who has them, acts and their keys, undo, override, screens and the one scan path.

A room hands over its verbs as a Room; perform_scan() and perform_next() do the rest for every room alike.
"""
