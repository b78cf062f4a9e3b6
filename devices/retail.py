"""EAN, UPC and ITF numbers, and numbers whose symbology no one told. Source: GS1 General Specifications 1.4, 4, 5."""

from __future__ import annotations

import re

from devices.digits import has_check_digit, is_digits
from devices.scans import Scan, Wrong

EAN13, EAN8, ITF14, SSCC = 13, 8, 14, 18
_TWO_ADDONS = re.compile(r"(?P<main>.*)\](?:E1(?P<two>[0-9]{2})|E2(?P<five>[0-9]{5}))", re.ASCII | re.DOTALL)
_UPC_A, _GTIN = 12, 14
_VARIABLE = "9"


def ean(aim: str, text: str) -> Scan:
    """What an EAN or UPC symbol says: `]E0` thirteen digits, `]E3` with an add-on, `]E4` eight.

    Raises:
        Wrong: charset, length, check_digit, reserved or coupon.
    """
    if aim == "]E4":
        return ean8(_digits(text, EAN8))
    if aim == "]E3":
        digits = _digits(text, EAN13 + 2, EAN13 + 5)
        return _ean13(digits[:EAN13]) | {"addon": digits[EAN13:]}
    if aim == "]E0" and (found := _TWO_ADDONS.fullmatch(text)):
        return _ean13(_digits(found["main"], EAN13)) | {"addon": found["two"] or found["five"]}
    if aim != "]E0":
        # An add-on alone names nothing: the main symbol was not read.
        raise Wrong("length")
    return _ean13(_digits(text, EAN13))


def itf(aim: str, text: str) -> Scan:
    """What an Interleaved 2 of 5 says: fourteen digits are a GTIN, other numbers are the user's own.

    Raises:
        Wrong: charset, length (the reader keeps the check digit to itself) or check_digit.
    """
    if not is_digits(text):
        raise Wrong("charset")
    if aim == "]I3" and len(text) == ITF14 - 1:
        raise Wrong("length")
    if len(text) != ITF14:
        return {"type": "plain"}
    if not has_check_digit(text):
        if aim == "]I1":
            raise Wrong("check_digit")
        return {"type": "plain", "warnings": ["check_digit"]}
    return _gtin(text)


def bare(text: str) -> Scan | None:
    """What digits say whose symbology is unknown; None where they are no number of the GS1 system.

    Raises:
        Wrong: reserved or coupon.
    """
    if not is_digits(text):
        return None
    if len(text) == EAN8:
        return _eight(text)
    if len(text) not in {_UPC_A, EAN13, ITF14, SSCC}:
        return None
    if not has_check_digit(text):
        return {"type": "plain", "warnings": ["check_digit"]}
    if len(text) == SSCC:
        return {"type": "sscc", "sscc": text}
    return _gtin(text) if len(text) == ITF14 else _ean13(text.zfill(EAN13))


def ean8(digits: str) -> Scan:
    """An EAN-8: a GTIN, or a company's own number.

    Raises:
        Wrong: check_digit or reserved.
    """
    _check(digits)
    if digits[0] in "02":
        return {"type": "rcn", "scope": "company"}
    return {"type": "gtin", "gtin14": digits.zfill(_GTIN)}


def upce_as_upca(digits: str) -> str:
    """Eight digits of a UPC-E (number system, six digits, check digit) as the UPC-A that they shorten; else empty."""
    system, body, check = digits[0], digits[1:7], digits[7]
    if system not in "01":
        return ""
    last = body[5]
    if last in "012":
        full = f"{body[:2]}{last}0000{body[2:5]}"
    elif last == "3":
        full = f"{body[:3]}00000{body[3:5]}"
    elif last == "4":
        full = f"{body[:4]}00000{body[4]}"
    else:
        full = f"{body[:5]}0000{last}"
    upc = system + full + check
    return upc if has_check_digit(upc) else ""


def _eight(text: str) -> Scan:
    """Eight digits may be an EAN-8, a UPC-E or both: then both are told, and nobody guesses."""
    upca = upce_as_upca(text)
    if not has_check_digit(text):
        if not upca:
            return {"type": "plain", "warnings": ["check_digit"]}
        return _ean13(upca.zfill(EAN13))
    if not upca or not text.strip("0"):
        return ean8(text)
    candidates = [text.zfill(_GTIN), upca.zfill(_GTIN)]
    return {"type": "gtin", "gtin14": candidates[0], "ambiguous": True, "candidates": candidates}


def _ean13(digits: str) -> Scan:
    _check(digits)
    if digits.startswith(("99", "981", "982", "983", "984")):
        raise Wrong("coupon")
    if digits.startswith(("05", "980")):
        # Of UPC-A the coupons of old, and receipts for refunds: neither is ever on goods.
        raise Wrong("coupon" if digits[0] == "0" else "reserved")
    if digits.startswith(("02", "2")):
        return {"type": "rcn", "scope": "geographic"}
    if digits.startswith(("04", "0000000")):
        return {"type": "rcn", "scope": "company"}
    return {"type": "gtin", "gtin14": digits.zfill(_GTIN)}


def _gtin(digits: str) -> Scan:
    _check(digits)
    scan: Scan = {"type": "gtin", "gtin14": digits}
    if digits.startswith(_VARIABLE):
        scan["warnings"] = ["variable_measure"]
    return scan


def _check(digits: str) -> None:
    if not has_check_digit(digits):
        raise Wrong("check_digit")
    if not digits.strip("0"):
        raise Wrong("reserved")


def _digits(text: str, *lengths: int) -> str:
    if not is_digits(text):
        raise Wrong("charset")
    if len(text) not in lengths:
        raise Wrong("length")
    return text
