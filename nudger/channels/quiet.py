"""Silence for the libraries under the channels: what they log names people, and one of them logs its key."""

import logging

#: twilio logs list queries with the number asked about; python_http_client logs the API key and the payload at DEBUG;
#: mail.log is aiosmtpd's; urllib3, under apprise, logs paths, and those hold secrets.
#: A child is named where a library creates it, in case someone gave it a level of its own.
TALKATIVE = (
    "twilio",
    "twilio.async_http_client",
    "twilio.http_client",
    "python_http_client",
    "python_http_client.client",
    "sendgrid",
    "aiosmtplib",
    "mail.log",
    "urllib3",
    "urllib3.connectionpool",
)


def silence_sdk_loggers() -> None:
    """Keep numbers, addresses, bodies and keys out of every log handler; may be called any number of times."""
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL)
        logger.propagate = False
        logger.handlers = [logging.NullHandler()]
