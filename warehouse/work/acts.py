"""Acts: each scan and each other change asked for, once. Claiming its key is the first write of the change.

A repeated key is answered from what is kept of the first: status and notice. A refusal leaves no key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.db import Row, Session
from warehouse.errors import N_, Notice, NotSignedIn, Phrase, Refusal
from warehouse.ids import new_id
from warehouse.who import By

KEY_MAX = 128

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=dict).encode


class KeyReused(Refusal):
    """The key was used for another act."""

    code = "key_reused"
    text = N_("This key was used for another act before. Each act needs a key of its own.")


class KeyMissing(Refusal):
    """The request carries no usable key."""

    code = "key_missing"
    text = N_("Every change carries a key of 1 to %(most)s printable characters, made by the client. None such came.")


@dataclass(frozen=True, slots=True)
class Act:
    """An act: the claim on its key, and what is kept of the first one if this is a repeat."""

    id: int
    earlier: Row | None = None

    @property
    def status(self) -> int:
        """The status that the first was answered with."""
        assert self.earlier is not None, "only a repeat has an earlier answer"
        return int(self.earlier.status)

    @property
    def work_id(self) -> int:
        """The piece of work that the first was about."""
        assert self.earlier is not None, "only a repeat has an earlier answer"
        return int(self.earlier.work_id)

    @property
    def notice(self) -> Notice | None:
        """The notice that the first was answered with."""
        assert self.earlier is not None, "only a repeat has an earlier answer"
        return load_notice(self.earlier.notice)


_VALID = """EXISTS (SELECT 1 FROM token t JOIN person p ON p.id = t.person_id
    WHERE t.hash = :credential AND t.revoked_at IS NULL AND p.active = 1)"""
_CLAIM = f"""
INSERT INTO act (id, warehouse_id, key, person_id, device, path, code_hash, via, work_id, occurred_at, recorded_at)
SELECT :id, :warehouse, :key, :person, :device, :path, :digest, :via, :work, :occurred, :now
WHERE CAST(:credential AS TEXT) = '' OR {_VALID}
ON CONFLICT (warehouse_id, key) DO NOTHING"""


def claim(session: Session, by: By, *, path: str, code: str, work_id: int = 0) -> Act:
    """Claims an act's key. While another change with the same key still runs, this waits for it.

    What the account showed is proven again in the same statement, so that nothing is done for a revoked token.

    Raises:
        NotSignedIn: its token was revoked a moment ago.
        KeyMissing: there is no key, or it is too long or not printable.
        KeyReused: the key was used by another person, on another path or with another code.
    """
    return ask_claim(session, by, path=path, code=code, work_id=work_id)()


def ask_claim(session: Session, by: By, *, path: str, code: str, work_id: int = 0) -> Callable[[], Act]:
    """Asks for an act's key, as claim() does; what it returns waits for the answer.

    Raises:
        NotSignedIn: its token was revoked a moment ago.
        KeyMissing: there is no key, or it is too long or not printable.
        KeyReused: the key was used by another person, on another path or with another code.
    """
    check_key(by.key)
    act_id, digest = new_id(session), session.signer.secret(code)
    asked = session.ask(
        _CLAIM, id=act_id, warehouse=by.warehouse_id, key=by.key, person=by.person_id, device=by.device, path=path,
        digest=digest, via=by.via, work=work_id, occurred=by.occurred_at, now=by.now, credential=by.credential,
    )  # fmt: skip
    return lambda: Act(act_id) if asked.count() else _earlier(session, by, path, digest)


def check_key(key: str) -> None:
    """Whether a text can be an act's key.

    Raises:
        KeyMissing: it is empty, too long or not printable.
    """
    if not key or len(key) > KEY_MAX or not key.isprintable():
        raise KeyMissing(most=KEY_MAX)


def _earlier(session: Session, by: By, path: str, digest: str) -> Act:
    """The act that has this key already."""
    if by.credential and not session.value(f"SELECT {_VALID}", credential=by.credential):
        raise NotSignedIn
    earlier = session.one(
        """SELECT id, person_id, path, code_hash, status, notice, work_id FROM act
           WHERE warehouse_id = :warehouse AND key = :key""", warehouse=by.warehouse_id, key=by.key)  # fmt: skip
    if earlier is None or (earlier.person_id, earlier.path, earlier.code_hash) != (by.person_id, path, digest):
        raise KeyReused
    return Act(earlier.id, earlier)


def remember(
    session: Session,
    act: Act,
    *,
    status: int,
    notice: Notice | None,
    work_id: int = 0,
    code: str = "",
    before: str = "",
    postings: Sequence[int] = (),
    effects: Sequence[Any] = (),
    undoable: bool = False,
) -> None:
    """Keeps an act's outcome beside its key: what a repeat is answered with and what undo takes back."""
    session.ask(
        """UPDATE act SET status = :status, notice = :notice, work_id = :work, code = :code, before = :before,
               postings = :postings, effects = :effects, undoable = :undoable WHERE id = :id""",
        id=act.id, status=status, notice=dump_notice(notice), work=work_id, code=code, before=before,
        postings=json.dumps(list(postings)) if postings else "",
        effects=json.dumps(list(effects)) if effects else "", undoable=int(undoable),
    )  # fmt: skip


def settle(session: Session, work_id: int) -> None:
    """What was done on a piece of work so far cannot be taken back any more."""
    session.run("UPDATE act SET undoable = 0 WHERE work_id = :work AND undoable = 1", work=work_id)


def forget(session: Session, act: Act) -> None:
    """Gives an unused key back."""
    session.run("DELETE FROM act WHERE id = :id", id=act.id)


def dump_notice(notice: Notice | None) -> str:
    """A notice as kept: level, code and parameters."""
    return _encode([notice.level, notice.code, notice.params]) if notice else ""


def load_notice(text: str) -> Notice | None:
    """The notice that was kept."""
    if not text:
        return None
    level, code, params = json.loads(text)
    return Notice(level, code, _params(params))


def kept_notice(session: Session, by: By, key: str) -> Notice | None:
    """What this account was told about its own act of this key."""
    kept = session.value(
        "SELECT notice FROM act WHERE warehouse_id = :warehouse AND key = :key AND person_id = :person",
        warehouse=by.warehouse_id, key=key, person=by.person_id,
    )  # fmt: skip
    return load_notice(kept or "")


def _params(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: _param(value) for name, value in kept.items()}


def _param(kept: Any) -> Any:
    """A parameter as it was: both a phrase and a list were kept as a list; only a phrase has its parameters in it."""
    match kept:
        case [str(text), dict(params)]:
            return Phrase(text, _params(params))
        case list():
            return tuple(_param(each) for each in kept)
        case _:
            return kept
