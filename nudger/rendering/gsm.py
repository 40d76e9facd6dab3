"""What a text costs: the GSM alphabet, its look-alikes, and how a long text is cut into segments.

Source: 3GPP TS 23.038 (formerly GSM 03.38), sections 6.2.1 and 6.2.1.1: the default alphabet and its extension
table; 3GPP TS 23.040, section 9.2.3.24: six octets of each part go to the header that joins the parts.
"""

import re
import unicodedata
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Reached by an escape, so each takes two places.
EXTENSION = frozenset("\f^{}\\[~]|€")
ALPHABET = BASIC | EXTENSION

#: What fits one message alone, and each part of a joined one: septets for GSM-7, UTF-16 units for UCS-2.
ALONE: dict[Encoding, int] = {"GSM-7": 160, "UCS-2": 70}
JOINED: dict[Encoding, int] = {"GSM-7": 153, "UCS-2": 67}

#: Characters a phone shows much like one of the alphabet. An accent is not among them: it is part of a name.
LOOK_ALIKES = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc`", "'")  # single quotes, primes, lone accents
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')  # double quotes, guillemets
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022", "-")  # hyphens, dashes, minus, bullet
    | {"\u2026": "..."}
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff")  # invisible: soft hyphen, zero-width space and joiners of words
)
BREAKS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
BLANKS = re.compile(r"[^\S\n]+")
LINE_ENDS = re.compile(r" *\n *")
GAPS = re.compile(r"\n{3,}")
#: A text without any of these, and without runs of blanks, is plain already but for its ends.
NOT_PLAIN = re.compile(r"[^\x21-\x5f\x61-\x7e ]|  ")


def normalise(text: str) -> str:
    """The text in the GSM alphabet where a look-alike exists, without spare space.

    Typographic quotes, dashes and the ellipsis become plain, invisible characters go, runs of any space become one
    blank, and at most one empty line stays. Doing it twice changes nothing.
    """
    if not NOT_PLAIN.search(text):
        return text.strip()
    plain = unicodedata.normalize("NFC", text.translate(LOOK_ALIKES)).translate(LOOK_ALIKES)
    lines = LINE_ENDS.sub("\n", BLANKS.sub(" ", BREAKS.sub("\n", plain)))
    return GAPS.sub("\n\n", lines).strip()


def measure(text: str) -> tuple[Encoding, int]:
    """The encoding a text needs and how many segments it takes; none for an empty text.

    Neither the two places of an extension character nor the two units of a surrogate pair are ever cut apart, so a
    segment may stay one place short.
    """
    encoding: Encoding = "GSM-7" if set(text) <= ALPHABET else "UCS-2"
    wide = EXTENSION if encoding == "GSM-7" else {character for character in text if character > "\uffff"}
    if len(text) + sum(map(text.count, wide)) <= ALONE[encoding]:
        return encoding, 1 if text else 0
    widths = [2 if character in wide else 1 for character in text]
    return encoding, _parts(widths, JOINED[encoding])


def _parts(widths: list[int], room: int) -> int:
    parts, filled = 1, 0
    for width in widths:
        if filled + width > room:
            parts, filled = parts + 1, 0
        filled += width
    return parts
