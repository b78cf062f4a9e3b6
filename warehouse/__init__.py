"""Pickface: a warehouse floor system in which every stock change is one scan and one posting."""
