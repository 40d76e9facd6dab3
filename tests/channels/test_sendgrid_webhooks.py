"""What SendGrid posts: the genuine is read, and whatever was changed on the way is refused."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parts.fake_sendgrid import SIGNING_KEY, WEBHOOK_KEY
from parts.letters import ANAS_EMAIL, NOON
from parts.mutations import mutated_bytes, mutated_text
from parts.postings import PUBLIC, Posting, Repeating, sendgrid_key, sendgrid_posting, sendgrid_raw_posting, shown
from sendgrid.helpers.eventwebhook import EventWebhook

from nudger.channels.events import Forged, Receipt, ReceiptStatus
from nudger.channels.sendgrid_webhooks import SendGridWebhooks
from nudger.errors import ConfigurationError

URL = f"{PUBLIC}/webhooks/sendgrid/events"
MOMENT = int(NOON.timestamp())
MESSAGE_ID = "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0"
DELIVERED = {
    "email": ANAS_EMAIL,
    "event": "delivered",
    "sg_event_id": "ZGVsaXZlcmVkLTA",
    "sg_message_id": MESSAGE_ID,
    "timestamp": MOMENT - 60,
    "nudger_attempt": "t0ken",
    "response": "250 OK für Ana",
}
WEBHOOKS = SendGridWebhooks(WEBHOOK_KEY)
GENUINE = sendgrid_posting(SIGNING_KEY, URL, [DELIVERED], MOMENT)
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
A_MINUTE_AGO = datetime(2026, 11, 23, 11, 59, tzinfo=UTC)
READ = [Receipt("sendgrid", "ZGVsaXZlcmVkLTA", "t0ken", MESSAGE_ID, ReceiptStatus.DELIVERED, None, A_MINUTE_AGO)]


def read(posting: Posting, **headers: str) -> list[Receipt]:
    """What the door makes of a posting; `signature` and `timestamp` replace its own."""
    names = {"signature": SIGNATURE, "timestamp": TIMESTAMP}
    changed = {names[name]: value for name, value in headers.items()}
    return WEBHOOKS.events({**posting.headers, **changed}, posting.body)


def told(**change: Any) -> list[Receipt]:  # noqa: ANN401 (whatever JSON holds)
    """What the door makes of one event, otherwise like the delivery."""
    return read(sendgrid_posting(SIGNING_KEY, URL, [DELIVERED | change], MOMENT))


def signed(body: bytes, moment: str = str(MOMENT)) -> list[Receipt]:
    """What the door makes of a body that is rightly signed, whatever it is."""
    return read(sendgrid_raw_posting(SIGNING_KEY, URL, body, moment))


def test_the_signer_of_the_tests_and_the_vendors_validator_agree() -> None:
    """Else the tests below would prove that two mistakes of ours fit together."""
    vendors = EventWebhook(WEBHOOK_KEY)
    assert vendors.verify_signature(GENUINE.body.decode(), GENUINE.headers[SIGNATURE], GENUINE.headers[TIMESTAMP])


def test_a_genuine_delivery_is_read() -> None:
    """The event's id, our token, SendGrid's id, and the moment it happened."""
    assert read(GENUINE) == READ


def test_the_names_of_headers_are_read_in_any_case() -> None:
    """HTTP knows no case there, and servers hand them on in lower case."""
    assert WEBHOOKS.events({name.lower(): value for name, value in GENUINE.headers.items()}, GENUINE.body) == READ


def test_the_bytes_are_what_is_signed() -> None:
    """Letters beyond ASCII, spaces and line breaks stand as they came; nothing is written anew."""
    body = json.dumps([DELIVERED], ensure_ascii=False, indent=2).encode()
    assert signed(body) == READ
    compact = json.dumps([DELIVERED], ensure_ascii=False, separators=(",", ":")).encode()
    with pytest.raises(Forged):
        WEBHOOKS.events(sendgrid_raw_posting(SIGNING_KEY, URL, body, str(MOMENT)).headers, compact)


def test_another_keys_signature_is_refused() -> None:
    """The account's key is the one that counts."""
    with pytest.raises(Forged):
        read(sendgrid_posting(sendgrid_key(0xBAD), URL, [DELIVERED], MOMENT))


@settings(max_examples=400, deadline=None)
@given(mutated_bytes(GENUINE.body))
@example(GENUINE.body.rstrip())
@example(GENUINE.body + b" ")
@example(b"\xef\xbb\xbf" + GENUINE.body)
@example(b"\xff" + GENUINE.body)
@example(b"")
def test_no_byte_of_the_body_can_be_changed(body: bytes) -> None:
    """Not even its last line break."""
    with pytest.raises(Forged):
        WEBHOOKS.events(GENUINE.headers, body)


@settings(max_examples=400, deadline=None)
@given(mutated_text(GENUINE.headers[SIGNATURE]))
@example("")
@example("ключ")
@example("====")
@example(GENUINE.headers[SIGNATURE] + "\n")
@example("!" + GENUINE.headers[SIGNATURE])
@example(GENUINE.headers[SIGNATURE][:-1])
@example(GENUINE.headers[SIGNATURE] + "AAAA")
def test_no_letter_of_the_signature_can_be_changed(signature: str) -> None:
    """Not even by letters that readers of base64 skip over; and it is never a crash."""
    with pytest.raises(Forged):
        read(GENUINE, signature=signature)


@settings(max_examples=400, deadline=None)
@given(mutated_text(str(MOMENT)))
@example("")
@example("0" + str(MOMENT))
@example(f" {MOMENT}")
@example(f"{MOMENT}.0")
@example("".join(chr(0x660 + int(digit)) for digit in str(MOMENT)))
def test_no_digit_of_the_moment_can_be_changed(moment: str) -> None:
    """It is signed with the body."""
    with pytest.raises(Forged):
        read(GENUINE, timestamp=moment)


@pytest.mark.parametrize(
    ("moment", "body"),
    [
        (str(MOMENT)[:-1], str(MOMENT)[-1].encode() + GENUINE.body),
        (f"{MOMENT}[", GENUINE.body[1:]),
        (f"{MOMENT}{GENUINE.body.decode()}", b""),
    ],
)
def test_moment_and_body_cannot_be_parted_elsewhere(moment: str, body: bytes) -> None:
    """They are signed run together; the moment is digits, and what follows it a list."""
    with pytest.raises(Forged):
        WEBHOOKS.events({**GENUINE.headers, TIMESTAMP: moment}, body)


PAIRS = {name: (name, GENUINE.headers[name]) for name in (SIGNATURE, TIMESTAMP)}


@pytest.mark.parametrize(
    "headers",
    [
        Repeating(),
        Repeating(PAIRS[SIGNATURE]),
        Repeating(PAIRS[TIMESTAMP]),
        Repeating(*PAIRS.values(), PAIRS[SIGNATURE]),
        Repeating(*PAIRS.values(), PAIRS[TIMESTAMP]),
        Repeating((SIGNATURE, "another"), *PAIRS.values()),
        Repeating(*PAIRS.values(), (TIMESTAMP.lower(), "1")),
        Repeating((SIGNATURE, GENUINE.headers[TIMESTAMP]), (TIMESTAMP, GENUINE.headers[SIGNATURE])),
    ],
)
def test_headers_that_are_missing_or_repeated_are_refused(headers: Repeating) -> None:
    """One signature and one moment."""
    with pytest.raises(Forged):
        WEBHOOKS.events(headers, GENUINE.body)


def test_a_body_of_more_than_a_megabyte_is_refused_and_one_of_just_that_is_read() -> None:
    """Rightly signed or not."""
    body = json.dumps([DELIVERED]).encode()
    assert signed(body + b" " * (1_000_000 - len(body))) == READ
    with pytest.raises(Forged):
        signed(body + b" " * (1_000_001 - len(body)))


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"event": "delivered"}', b"null", b"[", b"\xff[]", b"[" * 100_000, b"[1" + b"1" * 9999 + b"]"],
)
def test_what_is_signed_but_no_list_of_events_is_refused(body: bytes) -> None:
    """However deep or long it is."""
    with pytest.raises(Forged):
        signed(body)


def test_a_moment_beyond_all_calendars_is_refused() -> None:
    """Twelve digits of seconds end after the year 9999."""
    with pytest.raises(Forged):
        signed(b"[]", "9" * 12)


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        ({"event": "processed"}, ReceiptStatus.ACCEPTED, None),
        ({"event": "deferred", "response": "451 try later"}, ReceiptStatus.DEFERRED, "deferred"),
        ({"event": "delivered"}, ReceiptStatus.DELIVERED, None),
        ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, ReceiptStatus.BOUNCED, "5.1.1"),
        ({"event": "bounce"}, ReceiptStatus.BOUNCED, "bounce"),
        ({"event": "bounce", "type": "blocked", "status": "4.7.1"}, ReceiptStatus.UNDELIVERED, "4.7.1"),
        ({"event": "bounce", "type": "blocked"}, ReceiptStatus.UNDELIVERED, "bounce"),
        ({"event": "dropped", "reason": "Bounced Address"}, ReceiptStatus.BOUNCED, "bounced_address"),
        ({"event": "dropped", "reason": "Invalid"}, ReceiptStatus.BOUNCED, "invalid"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, ReceiptStatus.COMPLAINED, "spam_reporting_address"),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, ReceiptStatus.UNSUBSCRIBED, "unsubscribed_address"),
        ({"event": "dropped", "reason": "Invalid SMTPAPI header"}, ReceiptStatus.UNDELIVERED, "dropped"),
        ({"event": "dropped"}, ReceiptStatus.UNDELIVERED, "dropped"),
        ({"event": "dropped", "reason": None}, ReceiptStatus.UNDELIVERED, "dropped"),
        ({"event": "spamreport"}, ReceiptStatus.COMPLAINED, "spamreport"),
        ({"event": "unsubscribe"}, ReceiptStatus.UNSUBSCRIBED, "unsubscribe"),
        ({"event": "group_unsubscribe", "asm_group_id": 7}, ReceiptStatus.UNSUBSCRIBED, "group_unsubscribe"),
    ],
)
def test_each_event_says_what_became_of_the_email(event: dict[str, Any], status: ReceiptStatus, code: str) -> None:
    """In words that hold for every provider, with the reason beside it."""
    assert [(receipt.status, receipt.code) for receipt in told(**event)] == [(status, code)]


@pytest.mark.parametrize("field", ["reason", "status", "type", "response"])
def test_a_reason_that_names_a_person_goes_nowhere(field: str) -> None:
    """Mail servers repeat the address in their answers."""
    [receipt] = told(event="bounce", **{field: f"550 5.1.1 <{ANAS_EMAIL}>: unknown"})
    assert ANAS_EMAIL not in repr(receipt)


@pytest.mark.parametrize(
    "event",
    ["open", "click", "group_resubscribe", "account_status_change", "something_new", "", None, 7, ["bounce"], {}],
)
def test_events_that_say_nothing_of_delivery_are_passed_over(event: object) -> None:
    """Nobody is watched opening a mail, and who subscribes again at a provider has not told us yes."""
    assert told(event=event) == []


@pytest.mark.parametrize("event_id", [None, "", 7, "x" * 101, "ключ", "a b", "\ud800"])
def test_an_event_that_could_not_be_told_from_another_is_passed_over(event_id: object) -> None:
    """The id is how a second telling is known."""
    assert told(sg_event_id=event_id) == []


@pytest.mark.parametrize("token", [None, "", 7, "x" * 101, ["t0ken"]])
def test_an_event_without_a_token_of_ours_has_none(token: object) -> None:
    """Such as that of a mail somebody else sent by the same account."""
    assert [receipt.token for receipt in told(nudger_attempt=token)] == [None]


@pytest.mark.parametrize("moment", [None, "1", True, 10**30, -(10**30), 1.5])
def test_an_event_without_a_moment_of_its_own_happened_by_the_time_it_was_posted(moment: object) -> None:
    """The moment of posting is signed, and it cannot be earlier than the event."""
    assert [receipt.at for receipt in told(timestamp=moment)] == [NOON]


def test_many_events_come_in_their_order_and_strange_ones_do_not_stop_the_rest() -> None:
    """One posting holds events of many messages."""
    events = [DELIVERED | {"sg_event_id": f"id-{n}", "nudger_attempt": f"t0ken-{n}"} for n in range(50)]
    body = json.dumps([*events[:25], None, 7, "x", [], {}, *events[25:]]).encode()
    assert [receipt.token for receipt in signed(body)] == [f"t0ken-{n}" for n in range(50)]


@settings(deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_no_value_anywhere_is_a_crash(value: object) -> None:
    """Whatever a signed event holds in its fields."""
    told(**dict.fromkeys(DELIVERED, value))
    for name in DELIVERED:
        told(**{name: value})


def spki(key: Any) -> str:  # noqa: ANN401 (any public key)
    """A key in the form that settings show."""
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "no key",
        "ключ",
        WEBHOOK_KEY[:-8],
        spki(ec.generate_private_key(ec.SECP384R1()).public_key()),
        spki(ed25519.Ed25519PrivateKey.generate().public_key()),
        spki(rsa.generate_private_key(65537, 2048).public_key()),
    ],
    ids=["empty", "words", "letters", "cut", "P-384", "Ed25519", "RSA"],
)
def test_a_wrong_key_is_a_matter_of_configuration(key: str) -> None:
    """Told when the program starts, not when the first event comes."""
    with pytest.raises(ConfigurationError, match="SENDGRID_WEBHOOK_KEY"):
        SendGridWebhooks(key)


def test_a_key_with_line_breaks_is_read_all_the_same() -> None:
    """As it may come out of a file."""
    key = shown(SIGNING_KEY)
    assert SendGridWebhooks(f"{key[:64]}\n{key[64:]}\n").events(GENUINE.headers, GENUINE.body) == READ
