"""Check digits of the GS1 system. All text is ASCII: digits of other scripts are no digits here."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"[0-9]+", re.ASCII)

# GS1 General Specifications 7.9.5: weights and characters of the check pair of a Global Model Number.
_PAIR_WEIGHTS = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)
_PAIR_VALUES = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_PAIR_CHARACTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PAIR_MODULUS = 1021
_IBAN_LEAST = 5


def is_digits(text: str) -> bool:
    """One or more of 0 to 9."""
    return _DIGITS.fullmatch(text) is not None


def has_check_digit(number: str) -> bool:
    """Whether the last digit is the right one (modulo 10, weights 3 and 1 from the right)."""
    body = [ord(digit) - 48 for digit in reversed(number[:-1])]
    return (sum(body[0::2]) * 3 + sum(body[1::2]) + ord(number[-1]) - 48) % 10 == 0


def has_check_pair(text: str) -> bool:
    """Whether the last two characters are the right ones (GMN)."""
    body = text[:-2]
    if not body or len(body) > len(_PAIR_WEIGHTS) or any(character not in _PAIR_VALUES for character in text):
        return False
    total = sum(
        weight * _PAIR_VALUES.index(character) for weight, character in zip(_PAIR_WEIGHTS, reversed(body), strict=False)
    )
    high, low = divmod(total % _PAIR_MODULUS, 32)
    return text[-2:] == _PAIR_CHARACTERS[high] + _PAIR_CHARACTERS[low]


def has_iban_check(text: str) -> bool:
    """Whether an IBAN's remainder is 1 (ISO 13616)."""
    if len(text) < _IBAN_LEAST or not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+", text, re.ASCII):
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1
