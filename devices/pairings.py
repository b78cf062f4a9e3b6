"""Which application identifiers may stand together: GS1 General Specifications, chapter 4.14.

`n` stands for any digit. A rule's alternatives are separated by spaces; `+` joins what must stand together.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from devices.scans import Wrong

_ITEM = "01 02 03 8006 8026"
_NEEDS = {
    "02": "37", "37": "00+02 00+8026", "12": "8020", "17": f"{_ITEM} 255", "21": "01 03 8006",
    **dict.fromkeys(("10", "11", "13", "15", "16", "20", "240", "241", "422"), _ITEM),
    **dict.fromkeys(("22", "235", "710", "711", "712", "713", "714", "715", "716", "717"), "01"),
    **dict.fromkeys(("8001", "8014", "8200", "337n"), "01"),
    "242": "01 02 8006 8026", "7001": "01 02 8006 8026", "243": "01 03",
    "250": "01+21 03+21 8006+21", "254": "414",
    **dict.fromkeys(("251", "7021", "8012"), "01 03 8006"),
    **dict.fromkeys(("30", "7002", "7005", "7006", "7007", "7008", "7009", "703n", "8005"), "01 02"),
    **dict.fromkeys(("31nn", "32nn", "350n", "351n", "352n", "356n", "357n", "360n", "361n", "364n", "365n", "366n"), "01 02"),
    **dict.fromkeys(("330n", "331n", "332n", "333n", "334n", "335n", "336n", "34nn", "353n", "354n", "355n",
                     "362n", "363n", "367n", "368n", "369n"), "00 01"),
    "390n": "255 8020", "391n": "8020", "392n": "01+30 01+31nn 01+32nn 01+35nn 01+36nn",
    "393n": "30 31nn 32nn 35nn 36nn", "394n": "255", "395n": "30 31nn 32nn 35nn 36nn",
    "403": "00", "415": "8020", "8020": "415", "8007": "415", "8111": "255",
    **dict.fromkeys(("423", "424", "425", "426", "7003", "7010", "7011", "8008"), "01 02 03"),
    "427": "01+422 02+422 03+422",
    "4303": "4302", "4313": "4312",
    **dict.fromkeys(("4300", "4301", "4302", "4304", "4305", "4306", "4307", "4308", "4309", "4310", "4311", "4312", "4314",
                     "4315", "4316", "4317", "4318", "4319", "432n", "433n", "7041"), "00"),
    "7004": "01+10 03+10", "7020": "01+416 03+416 8006+416", "7022": "01+7021 03+7021 8006+7021",
    "723n": "01 8004", "7240": "01 8006", "8009": "00 01 03",
    **dict.fromkeys(("7241", "7242", "7253", "7254", "7255", "7256", "8019"), "8017 8018"),
    **dict.fromkeys(("7250", "7251", "7252", "7257", "7259"), "8018"), "7258": "8018+7259",
    "8011": "8010", "8026": "37",
    "8030": "00 01+21 03+21 253 255 8003 8004 8006+21 8010+8011 8017 8018",
    "8040": "01+21", **dict.fromkeys(("8041", "8042", "8043"), "01+21+8040"),
}  # fmt: skip

_SHUTS_OUT = {
    "01": "255 37", "02": "01 03", "03": "01 02 37 235", "21": "235", "255": "01 02 415 8006 8020 8026",
    "390n": "390n 391n 394n 8111", "391n": "391n", "392n": "392n 393n", "393n": "393n", "394n": "394n 8111",
    "395n": "392n 393n 395n 8005", "420": "421", "421": "4307",
    **dict.fromkeys(("422", "423", "424", "425"), "426"),
    "4330": "4331", "4332": "4333", "7240": "03", "7250": "7251",
    **dict.fromkeys(("7253", "7254", "7255"), "7256 7259"), "7256": "7259",
    "8006": "01 03 37", "8017": "8018", "8026": "02 03 8006",
}  # fmt: skip

# Every measure may be told once, with one number of decimals.
_MEASURES = ("31", "32", "33", "34", "35", "36")
_VARIABLE = ("30", "31nn", "32nn", "35nn", "36nn")


def check_pairings(ais: list[str], values: list[str]) -> None:
    """Proves that these elements may stand together, in the order of the standard's own rules.

    Raises:
        Wrong: excludes, requires or repeated, with the AI that should not be there, or that lacks another.
    """
    for place, ai in enumerate(ais):
        if any(_shuts_out(ai, other) or _shuts_out(other, ai) for other in ais[:place]):
            raise Wrong("excludes", ai=ai)
    present = frozenset(ais)
    for ai in ais:
        if not _has_what_it_needs(ai, present):
            raise Wrong("requires", ai=ai)
    seen: dict[str, str] = {}
    for ai, value in zip(ais, values, strict=True):
        if seen.setdefault(ai, value) != value:
            raise Wrong("repeated", ai=ai)
    for ai, value in zip(ais, values, strict=True):
        if ai == "01" and value[0] == "9" and not _any_of(_VARIABLE, present):
            # A GTIN of a variable measure says nothing without that measure.
            raise Wrong("requires", ai=ai)


@lru_cache(maxsize=4096)
def _shuts_out(ai: str, other: str) -> bool:
    if ai == other:
        return False
    if ai[:2] in _MEASURES and ai[:3] == other[:3]:
        return True
    return _any_of(_rule(_SHUTS_OUT, ai).split(), (other,))


@lru_cache(maxsize=4096)
def _has_what_it_needs(ai: str, present: frozenset[str]) -> bool:
    needs = _rule(_NEEDS, ai).split()
    return not needs or any(all(_any_of((part,), present) for part in need.split("+")) for need in needs)


@lru_cache(maxsize=1024)
def _patterns(ai: str) -> tuple[str, ...]:
    return (ai, f"{ai[:3]}n", f"{ai[:2]}nn") if len(ai) == 4 else (ai,)  # noqa: PLR2004 - the longest AI


def _rule(rules: dict[str, str], ai: str) -> str:
    return next((rules[pattern] for pattern in _patterns(ai) if pattern in rules), "")


def _any_of(patterns: Iterable[str], ais: Iterable[str]) -> bool:
    wanted = set(patterns)
    return any(pattern in wanted for ai in ais for pattern in _patterns(ai))
