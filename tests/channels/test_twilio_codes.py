"""What each of Twilio's codes means."""

from datetime import timedelta

import pytest

from nudger.channels.contract import Refusal, Refused, Unclear
from nudger.channels.events import ReceiptStatus
from nudger.channels.twilio_codes import VERDICTS, receipt_status, result_of_answer, wait_named_by

PERMANENT = [21211, 21217, 21610, 21614, 21617, 21635, 30004, 30005, 30006, 30007, 63003, 63014, 63024]
CONFIGURATION = [20003, 21212, 21408, 21601, 21603, 21606, 21612, 30032, 30034, 63016]
BUSY = [20429]
TRANSIENT = [21611, 30001, 30003, 30008, 30024, 30047, 30450, 63017, 63018, 63038, 63119]


@pytest.mark.parametrize(
    ("code", "kind"),
    [(code, Refusal.PERMANENT) for code in PERMANENT]
    + [(code, Refusal.CONFIGURATION) for code in CONFIGURATION]
    + [(code, Refusal.BUSY) for code in BUSY]
    + [(code, Refusal.TRANSIENT) for code in TRANSIENT],
)
def test_a_known_code_means_what_the_vendor_says(code: int, kind: Refusal) -> None:
    """Each code of the table, under the usual status 400."""
    result = result_of_answer(400, code, None)
    assert isinstance(result, Refused)
    assert (result.kind, result.code) == (kind, str(code))


def test_every_code_of_the_table_is_tested() -> None:
    """No code is added without saying here what it means."""
    assert set(VERDICTS) == {*PERMANENT, *CONFIGURATION, *BUSY, *TRANSIENT}


def test_a_bad_number_is_one_where_no_text_ever_arrives() -> None:
    """Not one that was off, nor a text that was filtered or too long, nor anything about our own account."""
    bad = {21211, 21217, 21614, 21635, 30004, 30005, 30006, 63003, 63024}
    assert {code for code, verdict in VERDICTS.items() if verdict.bad_number} == bad
    assert {code for code in VERDICTS if receipt_status("failed", code) is ReceiptStatus.BOUNCED} == bad


@pytest.mark.parametrize("word", ["undelivered", "failed", "canceled"])
def test_an_unknown_code_is_nothing_against_the_number(word: str) -> None:
    """Nobody is written off for a reason we cannot read."""
    for code in (None, 0, 99999, 30003, 30007, 30008):
        assert receipt_status(word, code) is ReceiptStatus.UNDELIVERED


def test_those_who_opted_out_at_the_provider_are_unsubscribed() -> None:
    """The two codes that mean a person said no."""
    said_no = {code for code in VERDICTS if receipt_status("undelivered", code) is ReceiptStatus.UNSUBSCRIBED}
    assert said_no == {21610, 63014}


@pytest.mark.parametrize("code", [None, 21610, 30005])
def test_a_code_counts_only_where_the_message_failed(code: int | None) -> None:
    """A delivered message is delivered, and one on its way is on its way."""
    assert receipt_status("delivered", code) is ReceiptStatus.DELIVERED
    assert receipt_status("read", code) is ReceiptStatus.DELIVERED
    assert receipt_status("sent", code) is ReceiptStatus.ACCEPTED
    assert receipt_status("a_word_of_tomorrow", code) is ReceiptStatus.ACCEPTED


def test_only_an_opt_out_suppresses() -> None:
    """Those two codes mean that a person said no; all others are about numbers, carriers and us."""
    assert {code for code, verdict in VERDICTS.items() if verdict.suppress} == {21610, 63014}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, Refusal.CONFIGURATION),
        (400, Refusal.PERMANENT),
        (401, Refusal.CONFIGURATION),
        (403, Refusal.CONFIGURATION),
        (404, Refusal.CONFIGURATION),
        (422, Refusal.PERMANENT),
        (429, Refusal.BUSY),
    ],
)
def test_without_a_known_code_the_status_speaks(status: int, kind: Refusal) -> None:
    """An unknown code is never sent again, unless the status says that trying later helps."""
    assert result_of_answer(status, None, None) == Refused(kind, str(status))
    assert result_of_answer(status, 99999, None) == Refused(kind, "99999")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_fault_is_unclear_whatever_its_code(status: int) -> None:
    """Even a code that elsewhere is a definite no does not make a 5xx one."""
    assert result_of_answer(status, 21211, None) == Unclear("21211")
    assert result_of_answer(status, None, None) == Unclear(str(status))


def test_a_named_wait_goes_before_the_usual_one() -> None:
    """Retry-After, where there is one, else what is usual for the code."""
    assert result_of_answer(400, 30003, None) == Refused(Refusal.TRANSIENT, "30003", timedelta(minutes=30))
    assert result_of_answer(400, 30003, timedelta(0)) == Refused(Refusal.TRANSIENT, "30003", timedelta(0))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0), ("30", 30), ("3601", 3600), ("9" * 30, 3600), ("-5", None), ("soon", None), ("", None), (None, None)],
)
def test_retry_after_is_read_in_seconds_and_capped(header: str | None, seconds: int | None) -> None:
    """Anything but a plain number of seconds is as good as none; an hour is the most."""
    assert wait_named_by(header) == (None if seconds is None else timedelta(seconds=seconds))
