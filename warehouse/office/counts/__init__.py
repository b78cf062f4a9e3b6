"""The counting desk: what is due, which differences wait for a decision, and how right the book is (R-CNT-1…5).

A supervisor asks for counts of a bin, a zone, an item or the whole house, approves differences with a cause beside the last
moves of the bin and a suggestion where the goods went, or has them counted again. Whoever counted never approves.
"""
