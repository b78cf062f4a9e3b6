"""The robots: each takes its next piece of work, answers its screens one scan a turn, and meets what goes wrong.

A robot knows no more than a person: the screens, its own memory, and what really lies before it.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from warehouse.clock import iso, now_us
from warehouse.simulate import counting, faults
from warehouse.simulate.audit import Held, Promised
from warehouse.simulate.client import Line, Reply
from warehouse.simulate.floor import Floor, Lying, Mind
from warehouse.simulate.moves import CARRYING, after_scan, before_scan, is_question, target, wanted
from warehouse.simulate.story import Story

Screen = dict[str, Any]

REFUSED = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
FROM_OUTSIDE = frozenset({"order_stopped", "work_ended", "step_stale", "work_of_another", "parcel_void", "parcel_open",
                         "count_ended", "counted_before"})  # fmt: skip
"""What a robot hears whose order the desk has decided about, or whose work another took over, since it last looked."""
GONE = frozenset({"work_ended", "work_of_another", "order_stopped", "count_ended", "counted_before"})
"""After what a robot lets go of its screen and takes its next piece of work."""
TOO_LATE = frozenset({"too_late_to_undo", "nothing_to_undo", "other_work_open"})
DECIDED_BEFORE = frozenset({"already_shipped", "cancelled_before"})
AWAY = (2, 40)
WAIT_TRIES, WAIT_S = 100, 0.02
LOOK_BACK = 30
"""Of a thousand finished pieces of work, after how many the last act is taken back."""


@dataclass(slots=True)
class Shift:
    """What all robots of a shift share.

    Attributes:
        number: of the shift in this database; keys of an earlier one are no keys of this.
        began: when, as the export writes instants.
        names: of the accounts of all who work.
        decisions: how often somebody from outside has changed what a robot may be doing.
        cleared: what was held to be cleared away.
        counted: when a place was counted last. counts_open: whether a paper of a count waits for anybody.
        left: pieces of work whose robot went home in the middle.
        taken_at: when each order was first given to a picker. seen: the orders met so far.
        faulty: whether things go wrong at present. late: half of the shift is over, and what has not gone wrong so far does
            as soon as it can.
    """

    floor: Floor
    story: Story
    number: int = 1
    began: str = ""
    names: set[str] = field(default_factory=set)
    at_once: bool = False
    faulty: bool = True
    late: bool = False
    decisions: int = 0
    left: list[Screen] = field(default_factory=list)
    taken_at: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    cleared: list[Held] = field(default_factory=list)
    promised: list[Promised] = field(default_factory=list)
    counted: dict[str, str] = field(default_factory=dict)
    counts_open: bool = True
    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    made: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    unexpected: Counter[str] = field(default_factory=Counter)
    finished: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        """Something that must not be."""
        self.wrong.append(text)

    def owes(self, kind: str) -> bool:
        """Whether that has still to go wrong, and it is time."""
        return self.late and self.faulty and not self.made[kind]


class Robot:
    """One member of the shift."""

    FAULTS: ClassVar[Sequence[faults.Fault]] = faults.FAULTS

    def __init__(self, name: str, rooms: tuple[str, ...], line: Line, shift: Shift, seed: str) -> None:
        self.name, self.rooms = name, rooms
        self._line, self._shift = line, shift
        self._dice = random.Random(seed)
        self._acts = self._away = 0
        self._screen: Screen | None = None
        self._step = ""
        self._sent_at = self._key = self._trouble = ""
        self._seen = 0
        self._seed = seed
        self.idle = False

    def act(self) -> None:
        """One turn: one scan, or the walk to the next piece of work."""
        self.idle = False
        if self._away and self._shift.faulty:
            self._away -= 1
        elif self._screen is None:
            self._take_work()
        elif self._screen["done"]:
            self._take_back()
        else:
            self._scan(self._screen)

    def go_on(self) -> None:
        """From now on nothing goes wrong: whoever went away comes back to their work."""
        self._away = 0

    # ------------------------------------------------------------ the next piece of work

    def _take_work(self) -> None:
        for room in self.rooms:
            reply = self._send(room, "next", f"/{room}/next", {})
            if reply.status != HTTPStatus.OK:
                self._unexpected(room, "next", reply)
            elif reply.screen is not None:
                self._begin(reply.screen)
                return
        self.idle = True

    def _begin(self, screen: Screen) -> None:
        self._step = "none yet"
        self._look(screen)
        self._shift.floor.mind(screen["href"]).latest = None
        order = order_of(screen)
        if order and order not in self._shift.taken_at:
            self._shift.taken_at[order] = self._sent_at
        if order and order not in self._shift.seen:
            self._shift.seen.append(order)

    def _look(self, screen: Screen) -> None:
        """The screen is before the robot's eyes now."""
        self._screen, self._seen = screen, self._shift.decisions
        if not screen["done"]:
            before_scan(screen, self._shift.floor.mind(screen["href"]))

    # ------------------------------------------------------------ one scan

    def _scan(self, screen: Screen) -> None:
        mind = self._shift.floor.mind(screen["href"])
        fault = faults.draw(self._dice, screen, mind, self.FAULTS, self._shift.owes) if self._shift.faulty else ""
        self._trouble = fault
        if fault:
            self._shift.made[fault] += 1
        meets = {
            "wrong scan": self._wrong, "stale screen": self._stale, "missing goods": self._miss,
            "walked away": self._walk, "never came back": self._walk,
        }  # fmt: skip
        meets.get(fault, self._command if fault in faults.COMMANDS else self._obey)(screen, mind, fault)

    def _obey(self, screen: Screen, mind: Mind, fault: str) -> None:
        """Scans what the screen names, as far as it really lies there."""
        code = self._answer(screen, mind)
        if screen["room"] == counting.ROOM and code == "XXOK":
            self._shift.counted[target(screen, "location")] = _now()
        reply = self._post(screen, code)
        if fault == "repeated key" and reply.status == HTTPStatus.OK:
            self._repeat(screen, code, reply)
        self._heard(screen, mind, code, reply, FROM_OUTSIDE if self._is_disturbed() else frozenset())

    def _wrong(self, screen: Screen, mind: Mind, _fault: str) -> None:
        code = faults.wrong_code(self._dice, screen, self._shift.floor.catalogue)
        reply = self._post(screen, code)
        self._heard(screen, mind, code, reply, None)

    def _stale(self, screen: Screen, mind: Mind, _fault: str) -> None:
        """A second tab: the scan is made for a screen that is no longer the current one."""
        code = self._answer(screen, mind)
        reply = self._post(screen, code, step=self._step)
        if reply.status == HTTPStatus.OK:
            self._shift.fault(f"{self.name}: {screen['href']} took a scan for an old screen")
        self._heard(screen, mind, code, reply, FROM_OUTSIDE)

    def _miss(self, screen: Screen, mind: Mind, fault: str) -> None:
        """Some of the goods that the book has here are gone; the robot will see it when it reaches for them."""
        where = Lying(
            target(screen, "location"), target(screen, "item"), target(screen, "lot"), target(screen, "serial")
        )
        there = self._shift.floor.lies[where]
        if there > 0:
            self._shift.floor.lose(where, self._dice.randint(1, there))
        self._obey(screen, mind, fault)

    def _command(self, screen: Screen, mind: Mind, fault: str) -> None:
        """A command that nobody asked for, but that the screen offers."""
        if fault == "damage" and not self._is_there(screen, mind):
            self._obey(screen, mind, fault)
            return
        code = faults.COMMANDS[fault]
        reply = self._post(screen, code)
        self._heard(
            screen, mind, code, reply, FROM_OUTSIDE | TOO_LATE | {"not_finished", "parcel_empty", "not_expected"}
        )

    def _walk(self, screen: Screen, _mind: Mind, fault: str) -> None:
        """Goes away in the middle; who does not come back in time has their work taken over by the chief."""
        self._away = self._dice.randint(*AWAY)
        if fault == "never came back":
            self._shift.left.append(screen)
        self._shift.story.tell(self.name, "walks away from", screen["room"], "", "")
        self._screen = None

    def _take_back(self) -> None:
        """The piece of work is finished, and its last act was a mistake."""
        screen = self._screen
        assert screen is not None, "it was kept"
        self._shift.made["undo when done"] += 1
        reply = self._post(screen, "XXUNDO")
        self._heard(screen, self._shift.floor.mind(screen["href"]), "XXUNDO", reply, FROM_OUTSIDE | TOO_LATE)

    # ------------------------------------------------------------ what to scan

    def _answer(self, screen: Screen, mind: Mind) -> str:
        """The code for the first kind that the screen expects and names, as far as the goods are there (R-PICK-3)."""
        if screen["room"] == counting.ROOM:
            return counting.answer(screen, mind)
        for kind in _preferred(screen):
            if kind == "quantity" and (screen["target"]["quantity"] or {}).get("wanted") is None:
                continue
            if kind == "quantity":
                return self._some(screen, mind)
            if kind == "confirm":
                return "XXOK"
            if kind in {"item", "lot", "serial"} and not self._is_there(screen, mind):
                return "XXSHORT"
            if screen["target"].get(kind):
                return target(screen, kind, "barcode")
        self._shift.fault(f"{self.name}: {screen['href']} names nothing that it expects: {screen['expects']}")
        return "XXBACK"

    def _some(self, screen: Screen, mind: Mind) -> str:
        """As many as are wanted, or as lie there."""
        there = wanted(screen) if is_question(screen) else min(wanted(screen), self._there(screen, mind))
        return f"XQ{there}" if there > 0 else "XXSHORT"

    def _is_there(self, screen: Screen, mind: Mind) -> bool:
        return is_question(screen) or self._there(screen, mind) > 0

    def _there(self, screen: Screen, mind: Mind) -> int:
        """How many of the goods before the robot it could still reach for."""
        room = screen["room"]
        if room not in {*CARRYING, "picking", "packing"}:
            return max(wanted(screen), 1)  # the truck is full
        source = {"picking": target(screen, "location"), "packing": mind.tote}.get(room, mind.source)
        where = Lying(source, target(screen, "item"), target(screen, "lot"), target(screen, "serial"))
        there = self._shift.floor.lies[where]
        if room in CARRYING and not where.serial:
            there -= int(screen["target"]["quantity"]["done"])
        if there < min(wanted(screen), 1) and not self._shift.floor.lost[where]:
            return self._wait_for(where, screen)
        if there < min(wanted(screen), 1) and self._was_held(screen):
            self._shift.fault(f"{self.name}: {screen['href']} asks for {where}, which is held as missing")
        return there

    def _was_held(self, screen: Screen) -> bool:
        """Whether a picker was sent, for an order that was begun later, to where somebody had found goods missing."""
        begun, sku, place = (
            self._shift.taken_at.get(order_of(screen), ""),
            target(screen, "item"),
            target(screen, "location"),
        )
        counted = self._shift.counted.get(place, "")
        return screen["room"] == "picking" and any(
            held.sku == sku and held.place == place and counted <= held.since < begun for held in self._shift.held
        )

    def _wait_for(self, where: Lying, screen: Screen) -> int:
        """Among robots that work at once, the one who has just laid the goods down may not yet have said so."""
        for _ in range(WAIT_TRIES if self._shift.at_once else 0):
            time.sleep(WAIT_S)
            if self._shift.floor.lies[where] > 0:
                return self._shift.floor.lies[where]
        if self._seen == self._shift.decisions:  # else the work may be another's by now, who has taken them
            self._shift.fault(f"{self.name}: {screen['href']} asks for {where}, where nothing lies")
        return 0

    # ------------------------------------------------------------ what was heard

    def _heard(self, screen: Screen, mind: Mind, code: str, reply: Reply, expected: frozenset[str] | None) -> None:
        """Obeys the answer. `expected`: the refusals that are no fault; None: all are, the scan was wrong."""
        if reply.status == HTTPStatus.OK:
            self._taken(screen, mind, code, reply)
        elif reply.status in REFUSED and (expected is None or reply.code in expected):
            self._shift.expected[reply.code] += 1
        else:
            self._unexpected(screen["room"], code, reply)
        now = reply.screen
        gone = now is None or reply.code in GONE
        if gone or (now["done"] and not self._looks_back(screen, mind, reply)):  # type: ignore[index]
            self._screen = None
        else:
            if now["step"] != screen["step"]:  # type: ignore[index]
                self._step = screen["step"]
            self._look(now)  # type: ignore[arg-type]

    def _taken(self, screen: Screen, mind: Mind, code: str, reply: Reply) -> None:
        if screen["room"] == counting.ROOM:
            counting.taken(screen, code, reply.code, reply.text, mind, self._shift.floor)
            self._shift.decisions += (
                reply.code in counting.UNDONE
            )  # who counts it a second time may have nothing to count now
        if reply.code in counting.UNDONE:
            self._shift.floor.put_back(mind.latest or [])
            mind.latest = None
            return
        moved = after_scan(screen, code, reply.code, mind, self._shift.floor)
        self._shift.floor.carry(moved)
        if code == "XXSHORT":
            self._told_short(screen)
        elif moved and moved[0].place == self._shift.floor.catalogue.quarantine:
            self._promise(screen, moved[0].quantity)
        if code == "XXSHORT":
            mind.latest = None
        elif code not in {"XXHELP", "XXBACK"} and reply.code != "nothing_else":
            mind.latest = moved
        if reply.screen is not None and reply.screen["done"]:
            self._shift.finished[screen["room"]] += 1

    def _told_short(self, screen: Screen) -> None:
        """What is missing is nobody's until it is counted; what was kept of it for this order is looked for elsewhere."""
        mind = self._shift.floor.mind(screen["href"])
        place = target(screen, "location") if screen["room"] == "picking" else mind.source
        self._shift.made["short"] += 1
        self._shift.held.append(Held(target(screen, "item"), place, self._sent_at))
        self._promise(screen, wanted(screen))

    def _promise(self, screen: Screen, quantity: int) -> None:
        since = self._shift.taken_at.get(order_of(screen))
        if since and screen["room"] == "picking":
            self._shift.promised.append(Promised(target(screen, "item"), quantity, since, _now()))

    def _looks_back(self, screen: Screen, mind: Mind, reply: Reply) -> bool:
        """Whether the robot stays for a moment, because its last act was a mistake."""
        if not self._shift.faulty or reply.status != HTTPStatus.OK or reply.code in counting.UNDONE:
            return False
        return (
            mind.latest is not None
            and screen["room"] != "shipping"
            and (self._dice.randrange(1000) < LOOK_BACK or self._shift.owes("undo when done"))
        )

    def _is_disturbed(self) -> bool:
        return self._shift.at_once or self._seen != self._shift.decisions

    def _unexpected(self, room: str, code: str, reply: Reply) -> None:
        self._shift.unexpected[reply.code or str(reply.status)] += 1
        said = (reply.body.get("notice") or {}).get("text") or str(reply.body)[:200]
        self._shift.fault(f"{self.name}: {room}: {code} was answered {reply.status} {reply.code}: {said}")

    # ------------------------------------------------------------ sending

    def _post(self, screen: Screen, code: str, *, step: str = "") -> Reply:
        fields = dict(screen["scan"]["fields"]) | {"code": code}
        if step:
            fields["step"] = step
        kinds = ",".join(screen["expects"]) or "done"
        return self._send(screen["room"], f"scans for {kinds}", screen["scan"]["href"], fields)

    def _send(self, room: str, did: str, path: str, fields: dict[str, str]) -> Reply:
        key = self._sent()
        reply = self._line.post(path, fields | {"key": key}, lose=self._trouble == "lost answer")
        return self._answered("next" if did == "next" else room, did, room, fields, reply)

    def _sent(self) -> str:
        """A new act begins; its key."""
        self._acts += 1
        self._key, self._sent_at = f"shift-{self._shift.number}-{self._seed}-{self._acts}", _now()
        return self._key

    def _answered(self, measured: str, did: str, room: str, fields: dict[str, str], reply: Reply) -> Reply:
        if not self._trouble:
            self._shift.latencies[measured].append(reply.seconds)
        self._trouble = ""
        self._shift.story.tell(self.name, did, room, fields.get("code", ""), f"{reply.status} {reply.code}")
        return reply

    def _repeat(self, screen: Screen, code: str, first: Reply) -> None:
        """The same act once more, with the same key: it has no second effect and the same answer (R-SCAN-1)."""
        fields = dict(screen["scan"]["fields"]) | {"code": code, "key": self._key}
        again = self._line.post(screen["scan"]["href"], fields)
        if (again.status, again.code, again.replayed) != (first.status, first.code, True):
            self._shift.fault(
                f"{self.name}: {screen['href']}: {code} was answered {first.status} {first.code}, then "
                f"{again.status} {again.code}{'' if again.replayed else ', not as a repeat'}"
            )


class CountingRobot(Robot):
    """Who counts bins as they are, and at times wrongly; no two of them make the same mistake."""

    FAULTS = faults.OF_A_COUNTER

    def __init__(self, name: str, line: Line, shift: Shift, seed: str, *, off_by: int) -> None:
        super().__init__(name, (counting.ROOM,), line, shift, seed)
        self._off_by = off_by

    def _take_work(self) -> None:
        """After the shift only what is begun is counted: bins are due without end."""
        if self._shift.faulty or self._shift.counts_open or self._line.get(f"/{counting.ROOM}").screen is not None:
            super()._take_work()
        else:
            self.idle = True

    def _obey(self, screen: Screen, mind: Mind, fault: str) -> None:
        if fault == "miscount":
            mind.ahead[0] = f"XQ{int(mind.ahead[0][2:]) + self._off_by}"
        elif fault == "double scan":
            mind.ahead[1:1] = [mind.ahead[0], "XXUNDO"]
        super()._obey(screen, mind, fault)


class Chief(Robot):
    """Who takes over what was left lying, decides about orders while they are worked on, and about what was counted.

    `badges`: of the two people who approve differences; a program never does that itself.
    """

    FAULTS = faults.OF_THE_CHIEF

    def __init__(self, line: Line, shift: Shift, seed: str, badges: tuple[str, str]) -> None:
        super().__init__("chief", (), line, shift, seed)
        self._held: list[str] = []
        self._badges = badges

    def act(self) -> None:
        """One turn: work that was taken over comes first, then what was left, then the desk."""
        self.idle = False
        if self._screen is not None:
            super().act()
        elif self._shift.left:
            self._take_over(self._shift.left.pop(0))
        elif (paper := self._found()) is not None:
            self._decide_count(paper)
        elif self._shift.faulty:
            self._desk()
        elif self._held:
            self._decide("release", self._held.pop(0))
        else:
            self.idle = not self._shift.counts_open

    def _found(self) -> dict[str, Any] | None:
        """A paper of a count that waits to be decided."""
        body = self._line.get("/counts?state=review").body
        self._shift.counts_open = any(body["figures"][each] for each in ("review", "recount"))
        return next(iter(body["counts"]), None)

    def _decide_count(self, paper: dict[str, Any]) -> None:
        """Approves one difference if two counters agree; else, or if it is no longer sure, it is counted again."""
        decision = counting.decide(self._line.get(paper["href"]).body["count"]["lines"])
        if decision is None or not self._approve(paper, decision):
            reply = self._send("counts", f"has counted again {paper['location']} at", f"{paper['href']}/again", {})
            self._shift.made["counted again"] += 1
            if reply.status != HTTPStatus.OK and not self._is_overtaken(reply):
                self._unexpected("counts", "again", reply)
        self._shift.decisions += 1

    def _is_overtaken(self, reply: Reply) -> bool:
        """Whether a counter has taken their confirmation back just now: then there is nothing to decide any more."""
        overtaken = self._shift.at_once and reply.code == counting.NOTHING_OPEN
        self._shift.expected[reply.code] += overtaken
        return overtaken

    def _approve(self, paper: dict[str, Any], decision: counting.Decision) -> bool:
        line = decision.line
        fields = {"line": line["id"], "badge": self._badges[decision.second],
                  "cause": "LOSS" if line["difference"] < 0 else "MISPLACED"}  # fmt: skip
        did = f"approves {line['difference']:+d} × {line['sku']} {paper['location']} at"
        reply = self._send("counts", did, f"{paper['href']}/approve", fields)
        if reply.status != HTTPStatus.OK:
            if self._is_overtaken(reply):
                return True
            if reply.code not in counting.OUTDATED:
                self._unexpected("counts", "approve", reply)
            return False
        if reply.code in counting.POSTED:
            self._shift.made["difference posted"] += 1
            self._shift.floor.found_out(counting.lies_of(line, paper["location"]), line["difference"])
        else:
            self._shift.made["second approver"] += 1
        if reply.code == counting.UNCOVERED:
            self._shift.promised.append(Promised(line["sku"], -line["difference"], "", _now()))
        return True

    def _take_over(self, screen: Screen) -> None:
        room = screen["room"]
        reply = self._send(room, "takes over", f"{screen['href']}/takeover", {"note": "left lying"})
        if reply.status == HTTPStatus.OK and reply.screen is not None and not reply.screen["done"]:
            self._shift.made["taken over"] += 1
            self._shift.decisions += 1
            self._begin(reply.screen)
        elif reply.status not in {HTTPStatus.OK, *REFUSED}:
            self._unexpected(room, "takeover", reply)

    def _desk(self) -> None:
        """Mostly looks on; sometimes an order is held, given another tier or cancelled, wherever it stands."""
        drawn = self._dice.randrange(HUNDRED)
        owed = [verb for verb in ("hold", "cancel", "tier") if self._shift.owes(f"order {_DONE[verb]}")]
        if owed and self._shift.seen:
            self._decide(owed[0], self._shift.seen[-1])
        elif drawn < DESK["release"] and self._held:
            self._decide("release", self._held.pop(0))
        elif drawn < sum(DESK.values()) and self._shift.seen:
            verb = "hold" if drawn < DESK["release"] + DESK["hold"] else "cancel" if drawn % 2 else "tier"
            recent = self._shift.seen[-RECENT:]
            self._decide(verb, recent[self._dice.randrange(len(recent))])
        elif drawn >= HUNDRED - CLEARS or self._shift.owes("clearing asked for"):
            self._ask_for_clearing()
        elif drawn >= HUNDRED - ASKS or self._shift.owes("count asked for"):
            self._ask_for_a_count()

    def _ask_for_a_count(self) -> None:
        """Of a bin that is picked from: there what is moved meanwhile meets those who count."""
        place = self._dice.choice(sorted(self._shift.floor.catalogue.pick_places))
        reply = self._send("counts", "asks for a count of", "/counts", {"code": place})
        self._shift.made["count asked for"] += 1
        if reply.status != HTTPStatus.OK:
            self._unexpected("counts", place, reply)

    def _ask_for_clearing(self) -> None:
        """What lies free of an item is moved to the reserve, sent back or scrapped; no order is promised it meanwhile."""
        sku, kind = self._dice.choice(self._shift.floor.picked_from()), self._dice.choice(CLEARINGS)
        found = self._line.get(f"/safety-stock?q={quote(sku)}").body["items"]
        href = next(each["href"] for each in found if each["sku"] == sku)
        there = self._shift.floor.places_of(sku)
        reply = self._send("slow-movers", f"asks for {sku} {kind} at", f"{href}/clear",
                           {"clearing": kind, "reason": "does not move"})  # fmt: skip
        if reply.status == HTTPStatus.OK:
            self._shift.made["clearing asked for"] += 1
            there |= self._shift.floor.places_of(sku)
            self._shift.cleared += [Held(sku, place, self._sent_at) for place in sorted(there)]
        elif reply.code == "nothing_to_clear":
            self._shift.expected[reply.code] += 1
        else:
            self._unexpected("slow-movers", kind, reply)

    def _decide(self, verb: str, number: str) -> None:
        lines = self._lines(number) if verb == "cancel" else []
        fields = {"tier": "express"} if verb == "tier" else {}
        reply = self._send("desk", f"{verb} {_NUMBER.sub('S', number)} at", f"/orders/{number}/{verb}", fields)
        self._shift.decisions += 1
        if reply.status == HTTPStatus.OK:
            self._shift.made[f"order {_DONE[verb]}"] += 1
            self._decided(verb, number, lines)
        elif reply.status in REFUSED and reply.code in DECIDED_BEFORE:
            self._shift.expected[reply.code] += 1
        else:
            self._unexpected("desk", verb, reply)

    def _decided(self, verb: str, number: str, lines: list[tuple[str, int]]) -> None:
        if verb == "hold":
            self._held.append(number)
        since = self._shift.taken_at.get(number)
        if verb == "cancel" and since:
            self._shift.promised += [Promised(sku, quantity, since, _now()) for sku, quantity in lines]

    def _lines(self, number: str) -> list[tuple[str, int]]:
        order = self._line.get(f"/orders/{number}").body.get("order") or {}
        return [(line["sku"], int(line["quantity"])) for line in order.get("lines", [])]


DESK = {"release": 4, "hold": 5, "other": 7}
"""Of a hundred turns of the chief, how many go to each decision."""
HUNDRED, ASKS, CLEARS = 100, 20, 3
"""And how many to asking for a count of some bin, or else for an item to be cleared away."""
CLEARINGS = ("reserve", "return", "scrap")
RECENT = 12
_NUMBER = re.compile(r"^S[0-9]+-")
"""What an order's number says of the shift: the story leaves it out."""
_DONE = {"hold": "held", "release": "released", "cancel": "cancelled", "tier": "given another tier"}


def order_of(screen: Screen) -> str:
    """The number of the order that a screen of picking or packing is about."""
    return str(screen["title"]).rpartition(" ")[2] if screen["room"] in {"picking", "packing"} else ""


def _preferred(screen: Screen) -> list[str]:
    """The kinds in the order in which a robot answers: single pieces are scanned, never taken as a whole container."""
    kinds = list(screen["expects"])
    if kinds[:2] == ["container", "item"] and screen["target"].get("serial"):
        return kinds[1:]
    return kinds


def _now() -> str:
    return str(iso(now_us()))
