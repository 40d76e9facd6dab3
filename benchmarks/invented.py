"""Couples and schedules nobody has, as YAML files: reserved phone numbers and addresses that lead nowhere."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

#: Numbers set aside for drama: https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
DRAMA = ("+447700900", "+441632960", "+442079460", "+442896496", "+442920180", "+443069990", "+448081570")
DRAMA_CITIES = (113, 114, 115, 116, 117, 118, 121, 131, 141, 151, 161)
#: So many couples to a file: a file may have a megabyte.
PER_FILE = 1000


def phone_numbers() -> Iterator[str]:
    """18,000 numbers that ring nowhere."""
    for beginning in (*DRAMA, *(f"+44{city}4960" for city in DRAMA_CITIES)):
        for last in range(1000):
            yield f"{beginning}{last:03}"


def write_couples(folder: Path, count: int, zones: Sequence[str], *, phones: bool, partner: str = "") -> None:
    """Write `count` couples in files of a thousand; with `phones` they can be texted, else only emailed.

    `partner` is added to what is written of each partner.
    """
    numbers = phone_numbers()
    lines = (
        _couple(number, zones[number % len(zones)], numbers if phones else None, partner) for number in range(count)
    )
    part = 0
    while some := list(islice(lines, PER_FILE)):
        folder.joinpath(f"couples-{part:03}.yaml").write_text("couples:\n" + "".join(some), encoding="utf-8")
        part += 1


def _couple(number: int, zone: str, numbers: Iterator[str] | None, partner: str) -> str:
    day = f"{1990 + number % 30}-{1 + number % 12:02}-{1 + number % 28:02}"
    lines = [f"  couple-{number:06}:", "    partners:"]
    for key, name in (("ana", "Ana"), ("ben", "Ben")):
        reach = f'phone: "{next(numbers)}"' if numbers else f"email: {key}.{number:06}@example.com"
        lines.append(f"      {key}: {{name: {name}, {reach}, timezone: {zone}{partner}}}")
    lines.append("    preferences: {cost: small, avoid: [crowds]}")
    lines.append(f"    dates: {{anniversary: {day}}}")
    return "\n".join(lines) + "\n"


def write_schedules(folder: Path, rules: Iterable[tuple[str, str]]) -> None:
    """Write schedules, each a key and the rest of it in YAML's flow style."""
    text = "".join(f"  {key}: {{{rest}}}\n" for key, rest in rules)
    folder.joinpath("schedules.yaml").write_text("schedules:\n" + text, encoding="utf-8")
