"""Suppliers: who sends us goods."""

from __future__ import annotations

from warehouse.db import Session
from warehouse.ids import new_id


def put_supplier(session: Session, code: str, name: str, *, email: str = "", lead_time_days: int | None = None) -> int:
    """A supplier as it is now: made where the code is new, else changed. Returns its id."""
    return int(
        session.value(
            """INSERT INTO supplier (id, code, name, email, lead_time_days)
               VALUES (:id, :code, :name, :email, :lead_time_days)
               ON CONFLICT (code) DO UPDATE SET name = excluded.name, email = excluded.email,
                   lead_time_days = excluded.lead_time_days RETURNING id""",
            id=new_id(session),
            code=code,
            name=name,
            email=email,
            lead_time_days=lead_time_days,
        )  # fmt: skip
    )
