"""Health and figures, read from the tables; and the outbox as a phone and a mailbox show it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from parts.visitor import Visitor
from parts.web_house import WebHouse
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from nudger.storage import reports
from nudger.storage.alerts import Standing, keep
from nudger.storage.database import Database
from nudger.storage.tables import messages
from nudger.web.app import build_app

LETTER = b"""\
To: ana@example.com
From: Nudger <nudger@example.com>
Subject: Three words in a pocket
Date: Mon, 02 Feb 2026 11:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain; charset=utf-8

Plain <b>words</b>.
--x
Content-Type: text/html; charset=utf-8

<!doctype html><title>t</title><script>alert(1)</script><p>Rich words.
--x--
"""
TEXT = b"To: +447700900122\nWhen: 2026-02-02T11:00:00+00:00\nEncoding: GSM-7\nSegments: 1\n\nBen's mug, <b>warm</b>.\n"


def beat(house: WebHouse) -> None:
    """The daemon leaves its sign of life."""
    with house.database.write() as connection:
        reports.note(connection, "heartbeat", "daemon", house.now)


def test_ready_while_the_daemon_ticks(house: WebHouse) -> None:
    """Ready means a recent sign of life; strangers learn that alone, this machine the details."""
    here = house.coming_from("127.0.0.1", "localhost:8080")
    assert (house.visitor.get("/healthz").status, house.visitor.get("/readyz").status) == (200, 503)
    beat(house)
    house.now += timedelta(minutes=2)
    assert json.loads(house.visitor.get("/readyz").text) == {"ready": True}
    assert json.loads(here.get("/readyz").text) == {
        "ready": True,
        "database": True,
        "last_tick": "2026-02-02T11:00:00+00:00",
        "backlog": 0,
        "held": None,
    }
    house.now += timedelta(minutes=2)
    assert (house.visitor.get("/healthz").status, house.visitor.get("/readyz").status) == (200, 503)


def test_not_ready_without_a_database(tmp_path: Path, house: WebHouse) -> None:
    """A database that fails is told as such, not as a fault of the page."""
    gone = Database(f"sqlite:///{tmp_path / 'no.db'}")
    (tmp_path / "no.db").write_bytes(b"Dear diary, " * 1000)
    broken = build_app(replace(house.doors, database=gone))
    answer = Visitor(broken, "127.0.0.1", "localhost").get("/readyz")
    gone.close()
    assert (answer.status, json.loads(answer.text)) == (503, {"ready": False, "database": False})


def test_figures_are_what_the_tables_hold(house: WebHouse) -> None:
    """States, what waits, what is in doubt, what came too late, and how late the others left."""
    beat(house)
    sent, late, unknown, waiting = (house.message("ana") for _ in range(4))
    changes = {
        sent: {"state": "delivered", "sent_at": house.now + timedelta(seconds=3)},
        late: {"state": "expired", "reason": "late"},
        unknown: {"state": "unknown", "sent_at": house.now + timedelta(seconds=90)},
        waiting: {"wake_at": house.now},
    }
    with house.database.write() as connection:
        keep(connection, Standing("backlog", "1 due messages wait.", house.now))
        for number, values in changes.items():
            connection.execute(update(messages).where(messages.c.id == number).values(**values))
    house.now += timedelta(minutes=5)
    answer = house.coming_from("127.0.0.1", "127.0.0.1").get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["nudger_messages", "sms", "delivered"] == 1
    assert samples["nudger_messages", "sms", "expired"] == 1
    assert samples["nudger_late", "sms"] == 1
    assert samples["nudger_unknown",] == 1
    assert samples["nudger_due",] == 1
    assert samples["nudger_trouble", "backlog"] == 1
    assert samples["nudger_last_tick_timestamp_seconds",] == 1770030000
    within = {key[2]: value for key, value in samples.items() if key[0] == "nudger_lateness_seconds_bucket"}
    assert (within["1.0"], within["5.0"], within["60.0"], within["300.0"], within["+Inf"]) == (0, 1, 1, 2, 2)
    assert samples["nudger_lateness_seconds_sum", "sms"] == 93
    assert "ana" not in answer.text


@pytest.fixture
def outbox(sqlite_database: Database, tmp_path: Path) -> WebHouse:
    """A house with a text and an email in its outbox, and something else beside them."""
    folder = tmp_path / "outbox"
    folder.mkdir()
    (folder / "2026-02-02T11-00-00Z-aa.txt").write_bytes(TEXT)
    (folder / "2026-02-02T11-00-01Z-bb.eml").write_bytes(LETTER)
    (folder / "secret.eml").write_bytes(LETTER)
    (tmp_path / "2026-02-02T11-00-02Z-cc.eml").write_bytes(LETTER)
    return WebHouse(sqlite_database, outbox=folder)


def test_the_outbox_is_shown_to_this_machine_by_its_own_name(outbox: WebHouse) -> None:
    """Neither strangers, nor proxies, nor this machine by the public name find it."""
    here = outbox.coming_from("127.0.0.1", "127.0.0.1:8080")
    assert here.get("/outbox").status == 200
    assert outbox.coming_from("127.0.0.1").get("/outbox").status == 404
    assert here.get("/outbox", Via="1.1 proxy").status == 404
    assert outbox.visitor.get("/outbox").status == 404


def test_the_outbox_shows_words_and_never_runs_them(outbox: WebHouse) -> None:
    """A text is shown as it is; an email in a frame that may run nothing and load nothing."""
    here = outbox.coming_from("127.0.0.1", "localhost")
    page = here.get("/outbox")
    assert "Ben&#39;s mug, &lt;b&gt;warm&lt;/b&gt;." in page.text
    assert "Plain &lt;b&gt;words&lt;/b&gt;." in page.text
    assert "Three words in a pocket" in page.text
    assert (
        '<iframe class="mail" title="Email: Three words in a pocket" src="/outbox/2026-02-02T11-00-01Z-bb.eml" sandbox'
        in page.text
    )
    assert "secret.eml" not in page.text
    mail = here.get("/outbox/2026-02-02T11-00-01Z-bb.eml")
    assert "Rich words." in mail.text
    assert "sandbox" in mail.headers["content-security-policy"]
    assert "script-src" not in mail.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name",
    [
        "secret.eml",
        "../2026-02-02T11-00-02Z-cc.eml",
        "%2e%2e%2f2026-02-02T11-00-02Z-cc.eml",
        "2026-02-02T11-00-00Z-aa.txt",
        "1Z-x.eml",
    ],
)
def test_nothing_but_the_outboxes_own_emails_is_read(outbox: WebHouse, name: str) -> None:
    """No other file is served, whatever the address says."""
    assert outbox.coming_from("127.0.0.1", "localhost").get(f"/outbox/{name}").status == 404


def test_without_outbox_channels_there_is_no_page(house: WebHouse) -> None:
    """Where messages go out for real, nothing shows them."""
    assert house.coming_from("127.0.0.1", "localhost").get("/outbox").status == 404
