"""The web server inside the daemon: it opens, answers, and closes with it."""

import socket
import urllib.error
import urllib.request

import pytest
from parts.daemon import Daemon
from parts.desks import Desk
from parts.ports import free_port


def status_of(address: str) -> int:
    """What a page answers with."""
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 (our own server)
            return int(answer.status)
    except urllib.error.HTTPError as fault:
        fault.close()
        return fault.code


def test_the_daemon_serves_pages_and_leaves_in_peace(desk: Desk) -> None:
    """While it runs it answers; `health` says so; told to stop, it closes the port and leaves with 0."""
    port = free_port()
    desk.furnish().set(NUDGER_PORT=port, NUDGER_LOG_FORMAT="json")
    assert desk.nudger("health").code == 1
    with Daemon(desk.folder) as daemon:
        daemon.wait_for("running")
        for page, status in {"healthz": 200, "readyz": 200, "metrics": 200, "outbox": 200, "p/unknown": 404}.items():
            assert (page, status_of(f"http://127.0.0.1:{port}/{page}")) == (page, status)
        assert desk.nudger("health").code == 0
        idle = socket.create_connection(("127.0.0.1", port), 20)  # a visitor who says nothing
        assert daemon.stop() == 0
        idle.close()
    assert not [event for event in daemon.events if event["level"] in {"warning", "error"}]
    assert "unknown" not in daemon.log


@pytest.mark.long
def test_a_port_that_is_taken_is_told_with_the_way_out(desk: Desk) -> None:
    """Another program on the port: 3, the port in words, and nothing is sent; with --no-web the daemon does without."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        desk.furnish().set(NUDGER_PORT=port)
        said = desk.process("run")
        assert said.code == 3
        assert f"cannot listen on 127.0.0.1:{port}: another program has that port" in said.err
        assert "--no-web" in said.err
        assert "Traceback" not in said.err


def test_without_web_nothing_listens(desk: Desk) -> None:
    """`--no-web` opens no port."""
    port = free_port()
    desk.furnish().set(NUDGER_PORT=port, NUDGER_LOG_FORMAT="json")
    with Daemon(desk.folder, "--no-web") as daemon:
        daemon.wait_for("running")
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
        assert daemon.stop() == 0
    assert not daemon.told("serving")


def test_a_proxy_that_is_no_address_is_named(desk: Desk) -> None:
    """A slip in the settings is told as one."""
    desk.furnish().set(NUDGER_TRUSTED_PROXIES="127.0.0.1 everybody")
    said = desk.nudger("run")
    assert (said.code, "NUDGER_TRUSTED_PROXIES: 'everybody'" in said.err) == (3, True)
