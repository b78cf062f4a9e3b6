"""`python -m warehouse` is the command `warehouse`."""

from warehouse.cli import main

main()
