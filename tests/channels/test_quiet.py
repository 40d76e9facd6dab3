"""The silence of the libraries under the channels."""

import logging

import pytest

from nudger.channels.quiet import TALKATIVE, silence_sdk_loggers


@pytest.mark.parametrize("name", [*TALKATIVE, "twilio.something.new", "python_http_client.something.new"])
def test_what_a_library_says_reaches_no_handler(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Not at DEBUG, nor as a disaster, nor through a child logger we have not heard of."""
    caplog.set_level(logging.DEBUG)
    silence_sdk_loggers()
    logger = logging.getLogger(name)
    logger.critical("+447700900123")
    logger.debug("Bearer SG.secret")
    assert caplog.text == ""
    assert not logger.isEnabledFor(logging.ERROR)


def test_silence_undoes_handlers_and_levels_set_before() -> None:
    """Whatever someone set up on these loggers is taken off; asking twice changes nothing."""
    logger = logging.getLogger("python_http_client.client")
    heard: list[str] = []
    ear = logging.Handler()
    ear.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(ear)
    logger.setLevel(logging.DEBUG)
    silence_sdk_loggers()
    silence_sdk_loggers()
    logger.critical("Bearer SG.secret")
    assert heard == []
    assert len(logger.handlers) == 1
