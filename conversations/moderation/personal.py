"""Personal data that can be told from other text: addresses, telephone numbers, bank accounts, cards."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

CARD_DIGITS = range(13, 20)
# By their first digits: Visa, Mastercard, American Express, Diners, Discover, JCB, Maestro, UnionPay.
CARD_BEGINNINGS = ("2", "3", "4", "5", "6")
PHONE_DIGITS = range(8, 16)
# How many signs an account has, by country.
_IBANS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 "
    "FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LI21 "
    "LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SE24 "
    "SI19 SK24 SM27 TN24 TR26 UA29 VA22 VG24 XK20"
)
IBAN_CHARACTERS = {each[:2]: int(each[2:]) for each in _IBANS.split()}


@dataclass(frozen=True, slots=True)
class Detector:
    """One kind of personal data: how it may look, how many signs of what looks so are one (0: none), and what stands in
    its place."""

    label: Any
    pattern: str
    length: Callable[[str], int]
    mask: str


def _if(check: Callable[[str], bool]) -> Callable[[str], int]:
    return lambda found: len(found) if check(found) else 0


def is_card(found: str) -> bool:
    """Whether these digits are the number of a card: its beginning, and the check digit of Luhn."""
    digits = re.sub(r"\D", "", found)
    if len(digits) not in CARD_DIGITS or not digits.startswith(CARD_BEGINNINGS) or len(set(digits)) < 2:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def iban_length(found: str) -> int:
    """Return how many signs of this are an account: as long as its country has them, and with the check digits of ISO
    13616, the rest of a division by 97."""
    wanted = IBAN_CHARACTERS.get(found[:2].upper(), 0)
    signs = [place for place, sign in enumerate(found) if sign.isalnum()]
    if not wanted or len(signs) < wanted:
        return 0
    end = signs[wanted - 1] + 1
    if found[end : end + 1].isalnum():
        return 0
    account = "".join(found[place] for place in signs[:wanted])
    turned = account[4:] + account[:4]
    return end if int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1 else 0


def is_phone(found: str) -> bool:
    """Whether these digits can be a telephone number: neither a date, a sum nor an address of a network."""
    digits = re.sub(r"\D", "", found)
    if len(digits) not in PHONE_DIGITS or len(set(digits)) < 3:
        return False
    return not re.fullmatch(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}", found.strip())


DETECTORS = {
    "email": Detector(
        _("e-mail addresses"),
        r"\b[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,40})\.){1,4}[a-z]{2,24}\b",
        len,
        "[e-mail masked]",
    ),
    # With the code of a country, or beginning with a nought, or in the groups of North America.
    "phone": Detector(
        _("telephone numbers"),
        r"(?:\+|\b00)[1-9]\d{0,2}(?:[ ./-]?\(?\d{1,5}\)?){2,6}\b|\b0\d{2,4}[ /-]\d{2,4}(?:[ -]?\d{2,4}){0,3}\b|"
        r"\(?\b[2-9]\d{2}\)?[ .-]\d{3}[.-]\d{4}\b",
        _if(is_phone),
        "[phone number masked]",
    ),
    "iban": Detector(
        _("bank accounts (IBAN)"),
        r"\b[a-z]{2}\d{2}(?:[ -]?[a-z0-9]{4}){2,7}(?:[ -]?[a-z0-9]{1,3})?\b",
        iban_length,
        "[IBAN masked]",
    ),
    "card": Detector(_("card numbers"), r"\b\d(?:[ -]?\d){12,18}\b", _if(is_card), "[card number masked]"),
}
