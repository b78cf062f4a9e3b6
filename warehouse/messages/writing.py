"""A delivery in words: a letter in its recipient's language, as plain text and as HTML, or the body of a webhook's call.

Both are made of what was kept when the message was addressed and of nothing else, so that each try says the same. Only what a
letter to somebody outside says is made elsewhere (letters.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader

from warehouse.clock import as_datetime, iso, local_time
from warehouse.errors import N_, N_n, Phrase
from warehouse.messages.letters import Outward
from warehouse.messages.rules import TEST, event_id, message_key
from warehouse.money import money
from warehouse.paths import TEMPLATES
from warehouse.web.language import CHINESE, ENGLISH, LANGUAGES, say_in

LINES_MAX = 200
"""A digest names so many items; of others it says how many they are."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a letter: sentences, then pairs of label and value, then where to read on."""

    heading: str = ""
    texts: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, and why its reader gets it."""

    subject: str
    parts: tuple[Part, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Told:
    """A message as a letter is written of it: what it is about, when it was made, and its facts."""

    topic: str
    made_at: int
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a letter is written: language, the warehouse's zone, and the address under which they reach its pages."""

    language: str
    timezone: str
    web: str


_SUBJECTS = {
    "safety_stock": N_("%(sku)s is below its safety stock: %(available)s of %(level)s"),
    "reorder": N_("%(sku)s is at its reorder point: %(available)s, of %(level)s"),
    "overstock": N_("There is too much of %(sku)s: %(available)s, %(level)s at most"),
}  # fmt: skip
_CLOSED = N_("%(sku)s: the stock alert is closed")
_ESCALATED = N_("Nobody has taken it: %(subject)s")
_PROPOSAL = N_("Order %(quantity)s: with that there is enough for the lead time and the time after it.")
_ENOUGH = N_("Enough is on order.")
_NEEDED = N_n(
    "One order that must leave today needs it; %(can)s can be picked.",
    "%(n)s orders that must leave today need it; %(can)s can be picked.", "n",
)  # fmt: skip
_NOT_NEEDED = N_("No order that must leave today needs it.")
_DIGEST = N_n("One stock alert of %(supplier)s", "%(n)s stock alerts of %(supplier)s", "n")
_MORE = N_n("One more is on the page.", "%(n)s more are on the page.", "n")
_WHY = N_("You hear of this because of your role. An administrator changes it at your name on the page of people.")
_NO_SUPPLIER = N_("items without a supplier")


def letter_for(delivery: Any, told: Sequence[Told], reader: Reader, supplier: str) -> Letter:
    """What a delivery says."""
    why = _say(reader, _WHY)
    if delivery.kind == "digest":
        return _digest(told, reader, supplier, why)
    (one,) = told
    return Letter(_subject(one, reader), (_part(one, reader),), why)


def _digest(told: Sequence[Told], reader: Reader, supplier: str, why: str) -> Letter:
    """Of each alert what was told of it last."""
    latest = {each.facts.get("alert"): each for each in told}
    shown = list(latest.values())
    parts = [_part(each, reader, heading=_subject(each, reader)) for each in shown[:LINES_MAX]]
    if len(shown) > LINES_MAX:
        more = _say(reader, _MORE, n=len(shown) - LINES_MAX)
        parts.append(Part(texts=(more,), link=f"{reader.web}/alerts"))
    of = supplier or Phrase(_NO_SUPPLIER)
    return Letter(_say(reader, _DIGEST, n=len(shown), supplier=of), tuple(parts), why)


def _subject(told: Told, reader: Reader) -> str:
    facts = told.facts
    if told.topic == "alert.closed":
        return _say(reader, _CLOSED, sku=facts["sku"])
    level = facts.get("threshold", facts.get("safety_stock"))
    subject = _say(reader, _SUBJECTS[facts["kind"]], sku=facts["sku"], available=facts["available"], level=level)
    return _say(reader, _ESCALATED, subject=subject) if told.topic == "alert.escalated" else subject


def _part(told: Told, reader: Reader, heading: str = "") -> Part:
    facts = told.facts
    name = facts["name_zh"] if reader.language == CHINESE and facts["name_zh"] else facts["name"]
    link = f"{reader.web}{facts['href']}"
    if told.topic == "alert.closed":
        return Part(heading, (f"{facts['sku']} {name}",), (), link)
    texts = (f"{facts['sku']} {name}", *advice(facts, reader.language))
    return Part(heading, texts, tuple(_arithmetic(facts, reader)), link)


def advice(facts: dict[str, Any], language: str) -> list[str]:
    """What a shortage does to the orders of today, and what is proposed; of what there is too much of, nothing."""
    if facts["kind"] == "overstock":
        return []
    needing, proposed = facts["orders_today"], facts["proposed"]
    return [
        say_in(language, _NEEDED, {"n": needing, "can": facts["orders_today_can"]}) if needing
        else say_in(language, _NOT_NEEDED, {}),
        say_in(language, _PROPOSAL, {"quantity": proposed}) if proposed else say_in(language, _ENOUGH, {}),
    ]  # fmt: skip


_PAIRS = (
    ("available", N_("Available")), ("available_now", N_("Available now")),
    ("on_hand", N_("On hand")), ("reserved", N_("Reserved")), ("blocked", N_("Blocked")),
    ("expired", N_("Expired")), ("on_order", N_("On order")), ("safety_stock", N_("Safety stock")),
    ("reorder_point", N_("Reorder point")), ("maximum", N_("Maximum")), ("daily_demand", N_("Demand a day")),
    ("used_30_days", N_("Used in the last 30 days")), ("lead_time_days", N_("Lead time in days")),
    ("lead_demand", N_("Demand over the lead time")), ("proposed", N_("Proposed quantity")), ("pack_size", N_("Pack size")),
    ("minimum", N_("At least")), ("price", N_("Each")),
    ("supplier_name", N_("Supplier")), ("warehouse", N_("Warehouse")),
)  # fmt: skip


def _arithmetic(facts: dict[str, Any], reader: Reader) -> list[tuple[str, str]]:
    known = {name: value for name, value in facts.items() if value not in {None, ""}}
    if "unit_price" in known:
        known["price"] = f"{money(known['unit_price'])} {known['currency']}"
    for name in ("minimum", "pack_size"):
        if known.get(name) == 1:
            del known[name]
    if known.get("available_now") == known.get("available"):
        known.pop("available_now", None)
    pairs = [(_say(reader, label), _number(known[name])) for name, label in _PAIRS if name in known]
    return [*pairs, (_say(reader, N_("As of")), local_time(facts["at"], reader.timezone))]


def _number(value: Any) -> str:
    """Two decimals at most.

    >>> _number(2.0), _number(1.256), _number(7)
    ('2', '1.26', '7')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _say(reader: Reader, text: str, **params: Any) -> str:
    return say_in(reader.language, text, params)


# ---------------------------------------------------------------- forms


def mail_of(letter: Letter, delivery: Any, *, to: str, sender: str, language: str) -> EmailMessage:
    """A letter as it travels: plain text first, then HTML; its Message-ID and its date are the delivery's own."""
    mail = _envelope(delivery, to=to, sender=sender, subject=letter.subject)
    mail.set_content(plain(letter), cte="base64")
    html = _templates().get_template("mail/letter.html").render(letter=letter, lang=_tag(language))
    mail.add_alternative(html, subtype="html", cte="base64")
    return _closed(mail, delivery, language)


def outward_mail(letter: Outward, delivery: Any, *, sender: str) -> EmailMessage:
    """A letter to somebody outside as it travels: plain text, and its files."""
    mail = _envelope(delivery, to=letter.to, sender=sender, subject=letter.subject)
    mail.set_content(f"{letter.text}\n", cte="base64")
    for name, media_type, content in letter.files:
        kind, _, subtype = media_type.partition("/")
        mail.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return _closed(mail, delivery, letter.language)


def _envelope(delivery: Any, *, to: str, sender: str, subject: str) -> EmailMessage:
    mail = EmailMessage(policy=WIRE)
    mail["From"], mail["To"] = f"Pickface <{sender}>", to
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(as_datetime(delivery.made_at))
    mail["Message-ID"] = message_key(delivery, sender.partition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def _closed(mail: EmailMessage, delivery: Any, language: str) -> EmailMessage:
    """Last, for a part that is added takes the headers of the content before it along."""
    if mail.is_multipart():
        mail.set_boundary(f"=_pickface_{delivery.id}")
    mail["Content-Language"] = _tag(language)
    return mail


def _tag(language: str) -> str:
    return "zh-Hans" if language == CHINESE else "en"


def plain(letter: Letter) -> str:
    """A letter as plain text."""
    blocks = []
    for part in letter.parts:
        lines = [part.heading, *part.texts, *(f"{label}: {value}" for label, value in part.pairs), part.link]
        blocks.append("\n".join(line for line in lines if line))
    return "\n\n".join([*blocks, f"-- \n{letter.why}"]) + "\n"


def body_of(delivery: Any, told: Told | None, warehouse: str) -> bytes:
    """A webhook's body: the same bytes at every try."""
    content = {
        "id": event_id(delivery), "type": told.topic if told else TEST, "warehouse": warehouse,
        "timestamp": iso(told.made_at if told else delivery.made_at), "data": told.facts if told else {},
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def known_language(*asked: str) -> str:
    """The first language of those asked for that there is."""
    return next((each for each in asked if each in LANGUAGES), ENGLISH)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
