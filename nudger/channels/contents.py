"""Which channel carries which kind of content; a mix-up is our own mistake and raises TypeError."""

from nudger.domain.messages import Content, EmailContent, SmsContent


def sms_of(content: Content) -> SmsContent:
    """The text of a message; TypeError where it is an email."""
    if not isinstance(content, SmsContent):
        raise TypeError("A channel for texts was given an email.")
    return content


def email_of(content: Content) -> EmailContent:
    """The email of a message; TypeError where it is a text."""
    if not isinstance(content, EmailContent):
        raise TypeError("A channel for emails was given a text.")
    return content
