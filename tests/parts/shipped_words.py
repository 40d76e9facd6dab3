"""Reading the shipped YAML plainly, and the rules of voice as patterns."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
POOLS = ROOT / "templates" / "pools" / "en"
SCHEDULES = ROOT / "schedules"

Entry = dict[str, Any]

#: A long first name; a text is measured with it, so that an ordinary one always fits.
LONG_NAME = "Maximiliania"
NAME = re.compile(r"\{\{\s*(?:partner|you)\.name\s*\}\}")
PARTNER = re.compile(r"\{\{\s*partner\.name\s*\}\}")

#: Commands, guilt, ledgers, jargon, pet names and guessed pronouns: none of it is our voice.
NOT_OUR_VOICE = re.compile(
    r"""\b(
        should | shouldn't | must | mustn't | don't\ forget | never\ forget | make\ sure | remember\ to | time\ to
      | finally | haven't | hasn't | deserves? | owes? | owed | earn(ed)? | streak | make\ up\ for | you\ missed
      | quality\ time | love\ languages? | (re)?connect(ions?)? | intima(cy|te) | active(ly)?\ listening | reminders?
      | challenges? | levels? | relationships? | therapy | boundaries | mindful | communicate | special | romantic
      | partner | spouse | husband | wife | boyfriend | girlfriend | loved\ one | other\ half | darling | sweetheart
      | he | him | his | she | her | hers | himself | herself
      | wine | beer | cocktails? | prosecco | champagne
      | pray | bless(ed|ing)? | church | mosque | temple | god
      | sex | sexy | sexual | naked | nude | erotic | undress
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
#: Each idea of tenderness asks first, in one of these ways.
CONSENT = re.compile(
    r"if you'd both|as you'd both|you'd both like|ask first|may i |shall we|if (it|you) may|"
    r"(if|whether) they'd (like|rather|enjoy)|always allowed|would a hand there be good",
    re.IGNORECASE,
)
#: The GSM alphabet without its extension: everything here costs one place (3GPP TS 23.038, 6.2.1).
GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def read(path: Path) -> Any:  # noqa: ANN401 (YAML is what it is until it is looked at)
    """A YAML file as plain dictionaries and lists."""
    return YAML(typ="safe", pure=True).load(path)


def all_entries() -> list[Entry]:
    """Every entry of the English pools, each with the theme of its file, in the order of files and lines."""
    pools = [read(path) for path in sorted(POOLS.glob("*.yaml"))]
    return [{"theme": pool["theme"], **entry} for pool in pools for entry in pool["entries"]]


def spoken(source: str, name: str = LONG_NAME) -> str:
    """A template as it will read, with every name the same."""
    return NAME.sub(name, source)


def words_of(entry: Entry) -> Iterator[str]:
    """All that an entry may say, one field at a time."""
    email = entry.get("email", {})
    yield from filter(None, [entry.get("sms"), entry.get("ask"), email.get("subject"), email.get("body")])


def opening(entry: Entry) -> str:
    """The first word of an idea or prompt, in lower case."""
    said = entry.get("sms") or entry.get("ask") or entry["email"]["body"]
    return str(re.findall(r"[\w']+|\{\{", said)[0]).lower()
