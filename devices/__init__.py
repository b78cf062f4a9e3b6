"""The agent at a desk: it reads serial scanners and sends what they say to the server.

It runs as a process of its own on the desk's computer, speaks HTTP, and never imports `warehouse`.
"""
