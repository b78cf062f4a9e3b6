"""Backups: one file that holds a whole installation, taken while the floor works, and the way back from it.

The file is a plain tar (archive.py): what it is in JSON, the database, the ledger key, and a checksum of each, so that
`tar xf FILE && sha256sum -c SHA256SUMS` proves it by hand. SQLite is copied by its own backup call, PostgreSQL by its own
pg_dump (copies.py); both give one state of the database, from before or after each scan and never from within one.

The ledger key travels with the ledger: without it no posting could be proven, and no badge be known again. The key that
signs sessions stays behind: everybody signs in again, and programs keep their tokens.
"""
