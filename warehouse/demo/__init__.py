"""A believable small company, made through the same doors as everything else, so that a newcomer can begin at once."""

from __future__ import annotations

from warehouse.demo.company import FIRST_ACCOUNT, DatabaseInUse, Demo, is_empty, make_demo
from warehouse.demo.people import Person, people_here

__all__ = ["FIRST_ACCOUNT", "DatabaseInUse", "Demo", "Person", "is_empty", "make_demo", "people_here"]
