"""What Twilio posts: the genuine is read, and whatever was changed on the way is refused."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parts.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER
from parts.letters import ANAS_PHONE, NOON
from parts.mutations import mutated_bytes, mutated_text
from parts.postings import FORM, PUBLIC, Posting, Repeating, twilio_posting
from twilio.request_validator import RequestValidator

from nudger.channels.events import Forged, Inbound, Receipt, ReceiptStatus
from nudger.channels.twilio import callback_url
from nudger.channels.twilio_webhooks import TwilioWebhooks, twiml

SID = "SM" + "0" * 31 + "7"
TEXT_IN = {
    "MessageSid": SID,
    "SmsSid": SID,
    "AccountSid": ACCOUNT_SID,
    "From": ANAS_PHONE,
    "To": SENDER,
    "Body": "Pause 3 days, s'il vous plaît ☕ & mehr = +1",
    "NumMedia": "0",
    "FromCity": "",
    "SmsStatus": "received",
}
STATUS = {"MessageSid": SID, "MessageStatus": "delivered", "To": ANAS_PHONE, "From": SENDER, "AccountSid": ACCOUNT_SID}
INBOUND_URL = f"{PUBLIC}/webhooks/twilio/inbound?from=the-console"
STATUS_URL = callback_url(PUBLIC, "t0ken")
GENUINE = twilio_posting(AUTH_TOKEN, INBOUND_URL, TEXT_IN)
WEBHOOKS = TwilioWebhooks(AUTH_TOKEN, PUBLIC)
READ = Inbound("twilio", SID, ANAS_PHONE, TEXT_IN["Body"], NOON)


def read(posting: Posting, headers: Mapping[str, str] | None = None) -> Inbound:
    """What the door for texts makes of a posting."""
    return WEBHOOKS.inbound(posting.target, posting.headers if headers is None else headers, posting.body, NOON)


def read_status(form: Mapping[str, str], url: str = STATUS_URL) -> Receipt:
    """What the door for reports makes of a form that is rightly signed."""
    posting = twilio_posting(AUTH_TOKEN, url, form)
    return WEBHOOKS.status(posting.target, posting.headers, posting.body, NOON)


def test_the_signer_of_the_tests_and_the_vendors_validator_agree() -> None:
    """Else the tests below would prove that two mistakes of ours fit together."""
    genuine = RequestValidator(AUTH_TOKEN).validate(INBOUND_URL, TEXT_IN, GENUINE.headers["X-Twilio-Signature"])
    assert genuine


def test_a_genuine_text_is_read_letter_for_letter() -> None:
    """Sender, words with accents and emoji, the provider's id, and the moment given; never shown in a repr."""
    assert read(GENUINE) == READ
    assert ANAS_PHONE not in repr(READ)
    assert "Pause" not in repr(READ)


def test_a_picture_without_words_is_a_text_too() -> None:
    """Its id begins with MM, and its words are blank."""
    form = TEXT_IN | {"MessageSid": "MM" + "a" * 32, "Body": "", "NumMedia": "1"}
    assert read(twilio_posting(AUTH_TOKEN, INBOUND_URL, form)).text == ""


def test_the_names_of_headers_are_read_in_any_case() -> None:
    """HTTP knows no case there, and servers hand them on in lower case."""
    assert read(GENUINE, {name.lower(): value for name, value in GENUINE.headers.items()}) == READ


def test_the_order_of_fields_does_not_matter() -> None:
    """Twilio signs them sorted, and so may send them in any order."""
    backwards = urlencode(list(reversed(TEXT_IN.items()))).encode()
    assert WEBHOOKS.inbound(GENUINE.target, GENUINE.headers, backwards, NOON) == READ


@pytest.mark.parametrize(
    ("ours", "signed"),
    [
        (PUBLIC, "https://nudger.example.com"),
        (PUBLIC, "https://nudger.example.com:443"),
        (f"{PUBLIC}/", "https://nudger.example.com"),
        ("https://nudger.example.com:8443", "https://nudger.example.com:8443"),
        ("https://nudger.example.com:8443", "https://nudger.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://example.com/nudger", "https://example.com/nudger"),
    ],
)
def test_the_address_is_signed_with_its_port_or_without(ours: str, signed: str) -> None:
    """Twilio does either, and never says which."""
    posting = twilio_posting(AUTH_TOKEN, f"{signed}/webhooks/twilio/inbound", TEXT_IN)
    webhooks = TwilioWebhooks(AUTH_TOKEN, ours)
    assert webhooks.inbound("/webhooks/twilio/inbound", posting.headers, posting.body, NOON) == READ


@pytest.mark.parametrize(
    "signed", ["http://nudger.example.com", "https://nudger.example.com:8080", "https://eve.example.com", "https://x"]
)
def test_what_was_signed_for_another_address_is_refused(signed: str) -> None:
    """Ours is the configured one alone; a Host header is not even looked at."""
    posting = twilio_posting(AUTH_TOKEN, f"{signed}/webhooks/twilio/inbound", TEXT_IN)
    told = {**posting.headers, "Host": "eve.example.com", "X-Forwarded-Host": "eve.example.com"}
    with pytest.raises(Forged):
        read(posting, told)


def test_another_accounts_signature_is_refused() -> None:
    """The token is the secret."""
    with pytest.raises(Forged):
        read(twilio_posting("another-token", INBOUND_URL, TEXT_IN))


@settings(max_examples=400, deadline=None)
@given(mutated_text(GENUINE.target))
@example(GENUINE.target + "?")
@example(GENUINE.target + "#")
@example(GENUINE.target + ";")
@example(" " + GENUINE.target)
@example(GENUINE.target.replace("/webhooks", "\t/webhooks"))
@example("")
@example("@eve.example.com" + GENUINE.target)
@example(GENUINE.target + "\udcff")
def test_no_letter_of_the_address_can_be_changed(target: str) -> None:
    """Not even those that readers of addresses quietly drop."""
    with pytest.raises(Forged):
        WEBHOOKS.inbound(target, GENUINE.headers, GENUINE.body, NOON)


Pairs = list[tuple[str, str]]


def dropped(pairs: Pairs, at: int, _words: str) -> Pairs:
    """Without one of them."""
    return pairs[:at] + pairs[at + 1 :]


def with_another_value(pairs: Pairs, at: int, words: str) -> Pairs:
    """One value longer."""
    return [*pairs[:at], (pairs[at][0], pairs[at][1] + words), *pairs[at + 1 :]]


def with_another_name(pairs: Pairs, at: int, words: str) -> Pairs:
    """One name longer."""
    return [*pairs[:at], (pairs[at][0] + words, pairs[at][1]), *pairs[at + 1 :]]


def twice(pairs: Pairs, at: int, _words: str) -> Pairs:
    """One of them twice, which Twilio's own validator lets pass."""
    return [*pairs[:at], pairs[at], *pairs[at:]]


def twice_with_another_value(pairs: Pairs, at: int, words: str) -> Pairs:
    """One name twice, with two values."""
    return [*pairs, (pairs[at][0], words)]


def with_one_more(pairs: Pairs, _at: int, words: str) -> Pairs:
    """A field that was not there."""
    return [*pairs, (words, words)]


def with_a_nameless_one(pairs: Pairs, _at: int, _words: str) -> Pairs:
    """A field with neither name nor value, which Twilio's own validator lets pass."""
    return [*pairs, ("", "")]


def with_swapped_values(pairs: Pairs, at: int, _words: str) -> Pairs:
    """The first value that differs changes places with one of them."""
    other = next(n for n, pair in enumerate(pairs) if pair[1] != pairs[at][1])
    changed = list(pairs)
    changed[at], changed[other] = (pairs[at][0], pairs[other][1]), (pairs[other][0], pairs[at][1])
    return changed


CHANGES = st.sampled_from(
    [
        dropped,
        with_another_value,
        with_another_name,
        twice,
        twice_with_another_value,
        with_one_more,
        with_a_nameless_one,
        with_swapped_values,
    ]
)


@settings(max_examples=400, deadline=None)
@given(CHANGES, st.integers(0, len(TEXT_IN) - 1), st.text(st.characters(codec="utf-8"), min_size=1, max_size=9))
def test_no_field_can_be_changed(change: Callable[[Pairs, int, str], Pairs], at: int, words: str) -> None:
    """Dropped, renamed, filled otherwise, swapped, added, repeated: all refused."""
    body = urlencode(change(list(TEXT_IN.items()), at, words)).encode()
    with pytest.raises(Forged):
        WEBHOOKS.inbound(GENUINE.target, GENUINE.headers, body, NOON)


@settings(max_examples=400, deadline=None)
@given(mutated_bytes(GENUINE.body))
@example(GENUINE.body + b"&")
@example(b"&" + GENUINE.body)
@example(GENUINE.body + b"&=")
@example(GENUINE.body + b"\r\n")
@example(GENUINE.body.replace(b"%26", b"%ff"))
@example(b"")
@example(b"\xff\xfe")
def test_no_byte_of_the_body_can_be_changed_to_say_anything_else(body: bytes) -> None:
    """Refused, but where the letters that are signed stay the same: `%2b` for `%2B`, or `T=o...` for `To=...`."""
    try:
        said = WEBHOOKS.inbound(GENUINE.target, GENUINE.headers, body, NOON)
    except Forged:
        return
    assert said == READ
    assert letters(dict(parse_qsl(body.decode(), keep_blank_values=True))) == letters(TEXT_IN)


@pytest.mark.parametrize(
    "body", [GENUINE.body + b"&", b"&" + GENUINE.body, GENUINE.body + b"&=", GENUINE.body.replace(b"&", b"&&", 1)]
)
def test_a_form_with_anything_empty_in_it_is_refused(body: bytes) -> None:
    """Though it adds nothing to what is signed: Twilio sends no such form."""
    with pytest.raises(Forged):
        WEBHOOKS.inbound(GENUINE.target, GENUINE.headers, body, NOON)


def test_bytes_that_are_no_letters_do_not_pass_for_the_sign_that_stands_for_them() -> None:
    """U+FFFD is what lenient readers make of bytes they cannot read, and somebody may have written it."""
    posting = twilio_posting(AUTH_TOKEN, INBOUND_URL, TEXT_IN | {"Body": "\ufffd"})
    assert read(posting).text == "\ufffd"
    with pytest.raises(Forged):
        WEBHOOKS.inbound(posting.target, posting.headers, posting.body.replace(b"%EF%BF%BD", b"%FF"), NOON)


def letters(form: Mapping[str, str]) -> str:
    """What is signed of a form."""
    return "".join(name + form[name] for name in sorted(form))


@settings(max_examples=400, deadline=None)
@given(mutated_text(GENUINE.headers["X-Twilio-Signature"]))
@example("")
@example("ключ")
@example("\udcff")
@example(GENUINE.headers["X-Twilio-Signature"] + "=")
@example(GENUINE.headers["X-Twilio-Signature"] + " ")
@example(GENUINE.headers["X-Twilio-Signature"].lower())
@example(f"{GENUINE.headers['X-Twilio-Signature']},{GENUINE.headers['X-Twilio-Signature']}")
def test_no_letter_of_the_signature_can_be_changed(signature: str) -> None:
    """Whatever it is changed into, a letter beyond ASCII among them, it is a refusal and never a crash."""
    with pytest.raises(Forged):
        read(GENUINE, {**GENUINE.headers, "X-Twilio-Signature": signature})


SIGNATURE = ("X-Twilio-Signature", GENUINE.headers["X-Twilio-Signature"])
A_FORM = ("Content-Type", FORM)


@pytest.mark.parametrize(
    "headers",
    [
        Repeating(),
        Repeating(SIGNATURE),
        Repeating(A_FORM),
        Repeating(A_FORM, SIGNATURE, SIGNATURE),
        Repeating(A_FORM, SIGNATURE, ("x-twilio-signature", "another")),
        Repeating(A_FORM, ("X-Twilio-Signature", "another"), SIGNATURE),
        Repeating(A_FORM, A_FORM, SIGNATURE),
        Repeating(("Content-Type", "application/json"), SIGNATURE),
        Repeating(("Content-Type", "multipart/form-data; boundary=x"), SIGNATURE),
        Repeating(("Content-Type", ""), SIGNATURE),
        Repeating(A_FORM, SIGNATURE, ("X-Twilio-Webhooks-Signature-Settings", "key=eve,algorithm=HMAC_SHA256")),
        Repeating(A_FORM, SIGNATURE, ("x-twilio-webhooks-signature-settings", "")),
    ],
)
def test_headers_that_are_missing_repeated_or_of_another_kind_are_refused(headers: Repeating) -> None:
    """One signature, one form; a header that names another secret is not obeyed."""
    with pytest.raises(Forged):
        read(GENUINE, headers)


def test_a_json_body_is_refused_even_with_its_hash_in_the_signed_address() -> None:
    """Twilio posts texts and reports as forms; its validator's way for JSON is not open here."""
    url = (
        f"{PUBLIC}/webhooks/twilio/inbound?bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )
    posting = twilio_posting(AUTH_TOKEN, url, {})
    with pytest.raises(Forged):
        WEBHOOKS.inbound(posting.target, {**posting.headers, "Content-Type": "application/json"}, b"{}", NOON)


def test_a_body_of_more_than_a_megabyte_is_refused_and_one_of_just_that_is_read() -> None:
    """Rightly signed or not."""
    form = TEXT_IN | {"Body": ""}
    room = 1_000_000 - len(urlencode(form))
    fits = twilio_posting(AUTH_TOKEN, INBOUND_URL, form | {"Body": "x" * room})
    assert len(fits.body) == 1_000_000
    assert len(read(fits).text) == room
    with pytest.raises(Forged):
        read(twilio_posting(AUTH_TOKEN, INBOUND_URL, form | {"Body": "x" * (room + 1)}))


def test_a_form_of_very_many_fields_is_refused() -> None:
    """Rightly signed or not: nobody has to sort a hundred thousand names."""
    with pytest.raises(Forged):
        read(twilio_posting(AUTH_TOKEN, INBOUND_URL, TEXT_IN | {f"Extra{n}": "" for n in range(200)}))


@pytest.mark.parametrize("change", [{"MessageSid": ""}, {"MessageSid": "CA" + "0" * 32}, {"From": ""}])
def test_a_signed_form_that_is_no_text_is_refused(change: dict[str, str]) -> None:
    """A call's webhook pointed at the wrong door, for one."""
    with pytest.raises(Forged):
        read(twilio_posting(AUTH_TOKEN, INBOUND_URL, TEXT_IN | change))


def test_a_field_that_another_swallowed_is_missed() -> None:
    """Names and values are signed run together, so `Body=hi&From=x` and `Body=hiFromx` share a signature."""
    swallowed = {name: value for name, value in TEXT_IN.items() if name != "From"}
    swallowed["Body"] += "From" + ANAS_PHONE
    assert twilio_posting(AUTH_TOKEN, INBOUND_URL, swallowed).headers == GENUINE.headers
    with pytest.raises(Forged):
        WEBHOOKS.inbound(GENUINE.target, GENUINE.headers, urlencode(swallowed).encode(), NOON)


@pytest.mark.parametrize(
    "hidden",
    [
        {"ErrorCod": "e30005"},
        {"ErrorCode3": "0005"},
        {"ErrorCode30005": ""},
        {"AccountSid": f"{ACCOUNT_SID}ErrorCode30005"},
        {"AccountSid": f"{ACCOUNT_SID}Error", "Code30005": ""},
    ],
)
def test_a_reason_that_another_field_swallowed_is_missed(hidden: dict[str, str]) -> None:
    """The only field that may be absent is looked for in the letters too, or a bad number would pass for a good one."""
    failed = STATUS | {"MessageStatus": "undelivered"}
    genuine = twilio_posting(AUTH_TOKEN, STATUS_URL, failed | {"ErrorCode": "30005"})
    swallowed = twilio_posting(AUTH_TOKEN, STATUS_URL, failed | hidden)
    assert swallowed.headers == genuine.headers
    with pytest.raises(Forged):
        WEBHOOKS.status(genuine.target, genuine.headers, swallowed.body, NOON)


def test_a_report_names_the_attempt_by_its_token() -> None:
    """The token that went out in StatusCallback comes back in the address, letter for letter."""
    assert read_status(STATUS) == Receipt(
        "twilio", f"{SID}:delivered:", "t0ken", SID, ReceiptStatus.DELIVERED, None, NOON
    )


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=100))
def test_every_token_comes_back_as_it_went_out(token: str) -> None:
    """Through the escapes of an address and back."""
    assert read_status(STATUS, callback_url(PUBLIC, token)).token == token


@pytest.mark.parametrize("query", ["", "?other=1", "?attempt=", "?attempt=a&attempt=b", f"?attempt={'x' * 101}"])
def test_a_report_without_a_token_is_known_by_the_providers_id(query: str) -> None:
    """Such as those of messages that were sent before a public address was set."""
    receipt = read_status(STATUS, f"{PUBLIC}/webhooks/twilio/status{query}")
    assert (receipt.token, receipt.provider_id) == (None, SID)


def test_a_report_signed_for_one_attempt_is_refused_for_another() -> None:
    """The address with its token is part of what is signed."""
    posting = twilio_posting(AUTH_TOKEN, STATUS_URL, STATUS)
    with pytest.raises(Forged):
        WEBHOOKS.status(posting.target.replace("t0ken", "t1ken"), posting.headers, posting.body, NOON)


def test_a_report_is_no_text_and_a_text_is_no_report() -> None:
    """Each door has its own address."""
    posting = twilio_posting(AUTH_TOKEN, STATUS_URL, STATUS)
    with pytest.raises(Forged):
        WEBHOOKS.inbound("/webhooks/twilio/inbound", posting.headers, posting.body, NOON)
    with pytest.raises(Forged):
        WEBHOOKS.status("/webhooks/twilio/status", GENUINE.headers, GENUINE.body, NOON)


@pytest.mark.parametrize(
    ("word", "code", "status"),
    [
        ("queued", None, ReceiptStatus.ACCEPTED),
        ("sent", None, ReceiptStatus.ACCEPTED),
        ("partially_delivered", None, ReceiptStatus.ACCEPTED),
        ("a_word_of_tomorrow", None, ReceiptStatus.ACCEPTED),
        ("delivered", None, ReceiptStatus.DELIVERED),
        ("read", None, ReceiptStatus.DELIVERED),
        ("undelivered", "30003", ReceiptStatus.UNDELIVERED),
        ("undelivered", "30005", ReceiptStatus.BOUNCED),
        ("failed", "30006", ReceiptStatus.BOUNCED),
        ("failed", "21610", ReceiptStatus.UNSUBSCRIBED),
        ("canceled", None, ReceiptStatus.UNDELIVERED),
    ],
)
def test_a_report_says_what_became_of_the_message(word: str, code: str | None, status: ReceiptStatus) -> None:
    """In words that hold for every provider, with Twilio's code beside it."""
    receipt = read_status(STATUS | {"MessageStatus": word} | ({"ErrorCode": code} if code else {}))
    assert (receipt.status, receipt.code) == (status, code)


def test_the_same_report_has_the_same_id_however_often_it_comes() -> None:
    """Another state or another code is another event; another moment is not."""
    failed = STATUS | {"MessageStatus": "failed"}
    told = [read_status(form).event_id for form in (STATUS, failed, failed | {"ErrorCode": "30008"})]
    assert len(set(told)) == 3
    posting = twilio_posting(AUTH_TOKEN, STATUS_URL, STATUS)
    again = WEBHOOKS.status(posting.target, posting.headers, posting.body, NOON + timedelta(hours=1))
    assert again.event_id == told[0]


@pytest.mark.parametrize("change", [{"MessageStatus": ""}, {"MessageStatus": "so\nmehow"}, {"ErrorCode": "30003; x"}])
def test_a_signed_form_that_is_no_report_is_refused(change: dict[str, str]) -> None:
    """Nothing but words and numbers gets into an event's name."""
    with pytest.raises(Forged):
        read_status(STATUS | change)


def test_the_answer_is_markup_with_the_words_escaped() -> None:
    """And silence is an empty answer, not an empty text."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    assert twiml("Ana & Ben <3") == f"{head}<Response><Message>Ana &amp; Ben &lt;3</Message></Response>"
    assert twiml(None) == f"{head}<Response></Response>"
