"""Look up whether mailboxes will believe who our emails come from: SPF, DKIM and DMARC of the sender's domain.

Sources: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 9989 and RFC 7489 (DMARC), RFC 2606 (reserved names).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from nudger.actions.diagnose import BAD, GOOD, WARNING, Finding

#: The texts under a name; none where there are none, None where nobody answers.
Texts = Callable[[str], Awaitable[Sequence[str] | None]]

RESERVED = ("example", "example.com", "example.net", "example.org", "test", "invalid", "localhost")
#: Where keys usually are: SendGrid's two, then those of the large mail providers and of common mail servers.
SENDGRID_SELECTORS = ("s1", "s2")
SELECTORS = (*SENDGRID_SELECTORS, "default", "dkim", "mail", "selector1", "google", "fm1", "k1", "key1", "protonmail")
SILENT = "nobody answers for this name"
TRY_LATER = "try again later, or see the DNS server of this machine"


def is_reserved(domain: str) -> bool:
    """Whether no mail can ever come from there."""
    return any(domain == one or domain.endswith(f".{one}") for one in RESERVED)


async def sender(address: str, texts: Texts, *, by_sendgrid: bool) -> Sequence[Finding]:
    """All there is to say about the address that emails come from."""
    domain = address.rpartition("@")[2].lower()
    if is_reserved(domain):
        mend = "set NUDGER_SENDER (or SENDGRID_FROM) to an address of a domain that is yours"
        return [Finding("sender", BAD, f"{domain} is reserved for examples: no mailbox believes it", mend)]
    return await asyncio.gather(
        spf(domain, texts, by_sendgrid=by_sendgrid), dkim(domain, texts, by_sendgrid=by_sendgrid), dmarc(domain, texts)
    )


async def spf(domain: str, texts: Texts, *, by_sendgrid: bool = False) -> Finding:
    """Which servers may send: one record, and not for everybody."""
    found = await texts(domain)
    if found is None:
        return Finding("SPF", WARNING, SILENT, TRY_LATER)
    records = [text for text in found if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]
    if len(records) > 1:
        return Finding(
            "SPF", BAD, f"{domain} has {len(records)} records, so none counts", "leave one: put them together"
        )
    if not records and by_sendgrid:
        return Finding("SPF", GOOD, f"{domain} has none; SendGrid's own return address carries it")
    if not records:
        return Finding("SPF", WARNING, f"{domain} has none", "publish the one that your mail provider names")
    if records[0].lower().split()[-1] in {"all", "+all"}:
        return Finding("SPF", WARNING, f"{domain} lets everybody send (+all)", "end the record with ~all or -all")
    return Finding("SPF", GOOD, f"{domain} names who may send")


async def dkim(domain: str, texts: Texts, *, by_sendgrid: bool = False) -> Finding:
    """Whether there is a key that our emails can be signed with, where such keys usually are."""
    selectors = SENDGRID_SELECTORS if by_sendgrid else SELECTORS
    answers = await asyncio.gather(*(texts(f"{one}._domainkey.{domain}") for one in selectors))
    with_key = [one for one, found in zip(selectors, answers, strict=True) if any(map(_has_key, found or ()))]
    if with_key:
        return Finding("DKIM", GOOD, f"{domain} has a key ({', '.join(with_key)})")
    if None in answers:
        return Finding("DKIM", WARNING, SILENT, TRY_LATER)
    where = "authenticate the domain in SendGrid's settings" if by_sendgrid else "see your mail provider's setup page"
    return Finding("DKIM", WARNING, f"{domain} has no key in the usual places", where)


def _has_key(text: str) -> bool:
    """Whether a record holds a public key; an empty one is a key taken back (RFC 6376, section 3.6.1)."""
    tags = dict(tag.strip().split("=", 1) for tag in text.split(";") if "=" in tag)
    return bool(tags.get("p", "").strip())


async def dmarc(domain: str, texts: Texts) -> Finding:
    """What mailboxes are to do with forgeries: the domain's own word, or that of one above it."""
    labels = domain.split(".")
    for above in range(len(labels) - 1):
        name = ".".join(labels[above:])
        found = await texts(f"_dmarc.{name}")
        if found is None:
            return Finding("DMARC", WARNING, SILENT, TRY_LATER)
        if any(text.replace(" ", "").lower().startswith("v=dmarc1;p=") for text in found):
            return Finding("DMARC", GOOD, f"{name} has a policy")
    return Finding("DMARC", WARNING, f"{domain} has no policy", f'publish _dmarc.{domain} TXT "v=DMARC1; p=none"')
