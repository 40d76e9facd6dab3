"""Ask the providers about our account, and our own public address whether it leads here. Nothing is sent."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation

from nudger.actions.diagnose import BAD, GOOD, WARNING, Finding
from nudger.channels.account_questions import Told, ask
from nudger.channels.sendgrid_account import SendGridQuestions
from nudger.channels.twilio_account import TwilioQuestions
from nudger.settings import EmailProvider, Intake, Settings, SmsProvider

#: Below this a few weeks of texts are left, at Twilio's 1 to 8 cents each; in the account's own currency.
LITTLE_MONEY = Decimal(5)
NOT_FOUND = 404
FORBIDDEN = (401, 403)
#: Seconds for our own address: it is either quick or not there.
OWN_PATIENCE = 5.0

Heard = tuple[list[Finding], datetime | None]


async def twilio(settings: Settings) -> Heard:
    """Balance and sender; and the clock of the answer, aware."""
    token = settings.twilio_auth_token.get_secret_value() if settings.twilio_auth_token else ""
    questions = TwilioQuestions(settings.twilio_account_sid or "", token, settings.twilio_api_base)
    balance = await questions.balance()
    return [_balance(balance), *await _twilio_sender(settings, questions)], balance.date


def _balance(told: Told) -> Finding:
    about = "twilio balance"
    with suppress(InvalidOperation):
        if told.good:
            left = Decimal(str(told["balance"]))
            detail = f"{left:.2f} {told['currency']}"
            if left >= LITTLE_MONEY:
                return Finding(about, GOOD, detail)
            return Finding(about, BAD if left <= 0 else WARNING, detail, "top up in Twilio's console, under Billing")
    return _not_shown(about, told, "nothing to do where the account is billed by invoice; else see TWILIO_AUTH_TOKEN")


async def _twilio_sender(settings: Settings, questions: TwilioQuestions) -> list[Finding]:
    about, service = "twilio sender", settings.twilio_messaging_service_sid
    if service:
        told, senders = await asyncio.gather(questions.service(service), questions.senders(service))
        return _service(settings, told, senders)
    number = settings.twilio_from or ""
    if not number.startswith("+"):
        return [Finding(about, GOOD, "a name, which cannot be looked up; nobody can answer it")]
    told = await questions.number(number)
    if not told.good:
        return [_not_shown(about, told, "see TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")]
    found = told.rows("incoming_phone_numbers")
    if not found:
        return [Finding(about, BAD, "TWILIO_FROM is not a number of this account", "buy it, or name one that is")]
    if not (found[0].get("capabilities") or {}).get("sms"):
        return [Finding(about, BAD, "the number of TWILIO_FROM cannot send texts", "name one that can")]
    return [Finding(about, GOOD, "the number is the account's"), *_replies(settings, found[0].get("sms_url"))]


def _service(settings: Settings, told: Told, senders: Told) -> list[Finding]:
    about = "twilio sender"
    if told.status == NOT_FOUND:
        mend = "see TWILIO_MESSAGING_SERVICE_SID (MG...)"
        return [Finding(about, BAD, "the account has no such messaging service", mend)]
    if not told.good or not senders.good:
        return [_not_shown(about, senders if told.good else told, "see TWILIO_MESSAGING_SERVICE_SID")]
    if not senders.rows("phone_numbers"):
        mend = "add a number under Messaging, Services, Sender Pool"
        return [Finding(about, BAD, "the messaging service has no number to send from", mend)]
    good = Finding(about, GOOD, "the messaging service has a number to send from")
    by_number = bool(told["use_inbound_webhook_on_number"])
    return [good] if by_number else [good, *_replies(settings, told["inbound_request_url"])]


def _replies(settings: Settings, url: object) -> list[Finding]:
    """Whether what people text back comes to us: STOP too."""
    if settings.inbound is not Intake.WEBHOOK or not settings.base_url:
        return []
    wanted = f"{settings.base_url}/webhooks/twilio/inbound"
    if url == wanted:
        return [Finding("twilio replies", GOOD, "come to this address")]
    mend = f"set the messaging webhook there to {wanted}, or NUDGER_INBOUND=poll"
    return [Finding("twilio replies", WARNING, "texts back to us go elsewhere", mend)]


async def sendgrid(settings: Settings) -> Heard:
    """Whether the sender may send; and the clock of the answer, aware."""
    key = settings.sendgrid_api_key.get_secret_value() if settings.sendgrid_api_key else ""
    questions = SendGridQuestions(key, settings.sendgrid_host)
    address = (settings.sendgrid_from or settings.sender).lower()
    domain = address.rpartition("@")[2]
    domains, senders = await asyncio.gather(questions.domains(domain), questions.senders())
    return [_identity(address, domain, domains, senders)], domains.date or senders.date


def _identity(address: str, domain: str, domains: Told, senders: Told) -> Finding:
    about = "sendgrid sender"
    mend = "authenticate the domain in SendGrid's settings, under Sender Authentication"
    if any(row.get("valid") and _covers(str(row.get("domain")), domain) for row in domains.rows()):
        return Finding(about, GOOD, f"{domain} is authenticated")
    confirmed = [str(row.get("from_email")).lower() for row in senders.rows("results") if row.get("verified")]
    if address in confirmed:
        return Finding(about, WARNING, "the address alone is confirmed, not its domain: emails may land in spam", mend)
    unseen = next((told for told in (domains, senders) if not told.good), None)
    if unseen is not None:
        return _not_shown(about, unseen, "give the key the right to read Sender Authentication, or look there yourself")
    return Finding(about, BAD, f"neither {domain} nor the address is confirmed: nothing will be sent", mend)


def _covers(authenticated: str, domain: str) -> bool:
    return domain == authenticated.lower() or domain.endswith(f".{authenticated.lower()}")


def _not_shown(about: str, told: Told, mend: str) -> Finding:
    why = "these credentials may not see it" if told.status in FORBIDDEN else f"not shown: {told.fault or 'unreadable'}"
    return Finding(about, WARNING, why, mend)


async def public_address(settings: Settings) -> Finding:
    """Whether our own public address leads to these pages. From inside some networks that cannot be tried."""
    about = "public address"
    reaching = settings.sms is SmsProvider.TWILIO or settings.email in {EmailProvider.SENDGRID, EmailProvider.SMTP}
    if settings.base_url is None:
        mend = "set NUDGER_BASE_URL to the https address that leads here"
        detail = "none: no links in messages, no receipts, no replies by webhook"
        return Finding(about, WARNING, detail, mend) if reaching else Finding(about, GOOD, "none, and none needed")
    told = await ask(f"{settings.base_url}/healthz", within=OWN_PATIENCE)
    if told.good and told.text.strip() == "ok":
        return Finding(about, GOOD, "leads to these pages")
    why = "another program answers there" if told.good else f"does not lead to these pages: {told.fault}"
    mend = "start `nudger run`, and see the proxy and the name; from inside your network a no may be wrong"
    return Finding(about, WARNING, why, mend)


async def all_accounts(settings: Settings) -> tuple[Sequence[Finding], datetime | None]:
    """Every provider chosen, side by side; and the clock of the first that answered."""
    asked = [twilio(settings)] if settings.sms is SmsProvider.TWILIO else []
    asked += [sendgrid(settings)] if settings.email is EmailProvider.SENDGRID else []
    heard = await asyncio.gather(*asked)
    clocks = [date for _, date in heard if date is not None]
    return [finding for findings, _ in heard for finding in findings], clocks[0] if clocks else None
