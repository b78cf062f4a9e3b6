"""Codes: what a text names. A text names one thing within its scope: the company's, or one warehouse's."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from warehouse.catalog.lookup import parts
from warehouse.catalog.settings import all_reasons
from warehouse.db import Row, Session
from warehouse.errors import N_, Refusal

COMPANY = 0
MADE = {"location": "XL", "container": "XC", "badge": "XB", "document": "XD"}
MADE_FORM = re.compile(r"X[LCBD][0-9]{6,}", re.ASCII)
MADE_DIGITS = 6
COMMANDS = frozenset({"XXUNDO", "XXSHORT", "XXDAMAGE", "XXSKIP", "XXDONE", "XXFULL", "XXBACK", "XXHELP", "XXOK"})
VALUE_FORM = re.compile(r"X(?:Q(?P<quantity>[0-9]{1,7})|W(?P<weight>[0-9]{1,7})|E(?P<expiry>[0-9]{8}))", re.ASCII)
REASON = "XR"


class CodeTaken(Refusal):
    """A text that names another thing already."""

    code = "code_taken"
    text = N_("The code %(read)s already names something else here.")


class CodeReserved(Refusal):
    """A text that means something everywhere: a command, a value or a reason."""

    code = "code_reserved"
    text = N_("The code %(read)s is a command, a value or a reason here: no thing can have it. Give it another code.")


def reserved(session: Session, texts: Iterable[str]) -> set[str]:
    """Those of some texts that no thing may have: a scan would take them for a command, a value or a reason."""
    wanted = list(texts)
    found = {text for text in wanted if text in COMMANDS or VALUE_FORM.fullmatch(text)}
    if any(text.startswith(REASON) for text in wanted):
        reasons = all_reasons(session)
        found |= {text for text in wanted if text.startswith(REASON) and text.removeprefix(REASON) in reasons}
    return found


def register(
    session: Session, text: str, *, kind: str, ref_id: int, scope_id: int = COMPANY, quantity: int = 1
) -> bool:
    """Gives a thing a code; False if it has it already.

    Raises:
        CodeReserved: the text is a command, a value or a reason.
        CodeTaken: the text names another thing, or another quantity of it, in this scope.
    """
    if reserved(session, [text]):
        raise CodeReserved(read=text)
    added = session.run(
        """INSERT INTO code (scope_id, text, kind, ref_id, quantity) VALUES (:scope, :text, :kind, :ref, :quantity)
           ON CONFLICT (text, scope_id) DO NOTHING""",
        scope=scope_id, text=text, kind=kind, ref=ref_id, quantity=quantity,
    )  # fmt: skip
    if added:
        return True
    held = session.one(
        "SELECT kind, ref_id, quantity FROM code WHERE text = :text AND scope_id = :scope", text=text, scope=scope_id
    )
    if held is None or tuple(held) != (kind, ref_id, quantity):
        raise CodeTaken(read=text)
    return False


def register_many(
    session: Session, codes: Sequence[tuple[str, int, int]], *, kind: str, scope_id: int = COMPANY
) -> None:
    """Gives many things of a kind codes, each as text, id, and the quantity that it stands for.

    Raises:
        CodeReserved: a text is a command, a value or a reason.
        CodeTaken: a text names another thing, or another quantity of it, in this scope.
    """
    for text in sorted(reserved(session, [text for text, _, _ in codes])):
        raise CodeReserved(read=text)
    session.many(
        """INSERT INTO code (scope_id, text, kind, ref_id, quantity) VALUES (:scope, :text, :kind, :ref, :quantity)
           ON CONFLICT (text, scope_id) DO NOTHING""",
        [{"scope": scope_id, "text": text, "kind": kind, "ref": ref, "quantity": n} for text, ref, n in codes],
    )
    wanted = {text: (kind, ref_id, quantity) for text, ref_id, quantity in codes}
    for row in _held(session, list(wanted), scope_id):
        if (row.kind, row.ref_id, row.quantity) != wanted[row.text]:
            raise CodeTaken(read=row.text)


def _held(session: Session, texts: Sequence[str], scope_id: int, *, company: bool = False) -> Iterator[Row]:
    """What these texts name in a scope, and the company's if asked."""
    for marks, params in parts(texts):
        yield from session.all(
            f"""SELECT text, kind, ref_id, quantity FROM code
                WHERE scope_id IN (:company, :scope) AND text IN ({marks})""",
            company=COMPANY if company else scope_id, scope=scope_id, **params,
        )  # fmt: skip


def made_codes(session: Session, kind: str, count: int, *, warehouse_id: int = COMPANY) -> list[str]:
    """So many made codes at once, as made_code() makes them."""
    codes: list[str] = []
    while count > len(codes):
        more = count - len(codes)
        last = next_number(session, warehouse_id, MADE[kind], count=more)
        texts = [f"{MADE[kind]}{number:0{MADE_DIGITS}d}" for number in range(last - more + 1, last + 1)]
        taken = {row.text for row in _held(session, texts, warehouse_id, company=True)}
        codes += [text for text in texts if text not in taken]
    return codes


def made_code(session: Session, kind: str, *, warehouse_id: int = COMPANY) -> str:
    """The next free made code of a kind: XL, XC or XD and six or more digits; those that a user brought are skipped."""
    while True:
        number = next_number(session, warehouse_id, MADE[kind])
        text = f"{MADE[kind]}{number:0{MADE_DIGITS}d}"
        if not _names_something(session, text, warehouse_id):
            return text


CONTAINER_BLOCK = 10

_container_numbers: dict[tuple[int, int], deque[int]] = {}


def container_code(session: Session, warehouse_id: int) -> str:
    """The next free code of a container, as made_code() makes it, out of a block that this process took before.

    A series' row is everybody's until the change that counted it up is committed; totes and parcels are made in the
    middle of changes, so only every tenth of them may wait for that. What is left of a block at the end is never used.
    """
    numbers = _container_numbers.setdefault((os.getpid(), warehouse_id), deque())
    while True:
        try:
            number = numbers.popleft()
        except IndexError:
            number = _take_container_numbers(session, warehouse_id, numbers)
        text = f"{MADE['container']}{number:0{MADE_DIGITS}d}"
        if not _names_something(session, text, warehouse_id):
            return text


def _take_container_numbers(session: Session, warehouse_id: int, numbers: deque[int]) -> int:
    """Takes a block; its first number at once, the others for later changes once this one is committed."""
    last = next_number(session, warehouse_id, MADE["container"], count=CONTAINER_BLOCK)
    first = last - CONTAINER_BLOCK + 1
    session.after_commit(lambda: numbers.extend(range(first + 1, last + 1)))
    return first


def _names_something(session: Session, text: str, scope_id: int) -> bool:
    return session.one(
        "SELECT 1 AS one FROM code WHERE text = :text AND scope_id IN (0, :scope)", text=text, scope=scope_id
    ) is not None  # fmt: skip


COUNT_UP = """
INSERT INTO number_series (warehouse_id, name, last) VALUES (:warehouse, :name, :count)
ON CONFLICT (warehouse_id, name) DO UPDATE SET last = number_series.last + :count RETURNING last"""


def next_number(session: Session, warehouse_id: int, name: str, *, count: int = 1) -> int:
    """The next number of a series, without gaps among what was committed; the last one, where several are taken."""
    return int(session.value(COUNT_UP, warehouse=warehouse_id, name=name, count=count))
