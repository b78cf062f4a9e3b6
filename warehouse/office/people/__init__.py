"""People and program accounts: who works here, in which roles, with which badge; where they are signed in, and were.

Only administrators. A badge, a PIN or a token is shown once, in the answer to the act that made it, and kept nowhere.
Nobody changes their own roles or gives themselves a badge, and one administrator always stays (R-SEC-1).
"""
