"""What a provider posts to us, looked at before any signature is worked out."""

from collections.abc import Mapping

from nudger.channels.events import Forged

#: Far above what either provider sends.
LARGEST_BODY = 1_000_000


def sole_header(headers: Mapping[str, str], name: str) -> str:
    """The one value of a header, whatever its case; Forged where it is missing, repeated, or not ASCII.

    A mapping may hold a name more than once, as those of web frameworks do in `items()`. Of two values a proxy may
    read the one and we the other, so there is no right one.
    """
    values = values_of(headers, name)
    if len(values) != 1 or not values[0].isascii():
        raise Forged(f"{name} has to be there once, in ASCII.")
    return values[0]


def values_of(headers: Mapping[str, str], name: str) -> list[str]:
    """Every value of a header, whatever its case."""
    return [value for key, value in headers.items() if key.lower() == name]


def refuse_oversize(body: bytes) -> None:
    """Forged where a body is larger than any that a provider sends."""
    if len(body) > LARGEST_BODY:
        raise Forged("The body is too large.")
