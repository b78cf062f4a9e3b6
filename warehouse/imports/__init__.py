"""Imports and exports: how files of items, places, stock and papers come in and go out again.

An import reads a file (reading), lays the user's columns over ours (mapping, columns), checks every row against what
is known (one module a kind), and writes nothing until all of that is done. Then it stages what is to come as rows of
import_row (batches) and applies them in slices short enough that the floor does not notice, each followed by a pause
of its own length. Papers become visible together in one last change. A killed import is dropped if it was still
staging, and rolled forward at the next start if it was being applied.
"""
