"""An email as bytes that any mail server and any mail reader understands."""

from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy

from nudger.domain.messages import EmailContent

#: RFC 5322 section 2.1.1: the longest line, without its line end.
LONGEST_LINE = 998


class LetterPolicy(EmailPolicy):
    """Folds only headers that need it.

    The standard library breaks a long URL at 78 characters by turning it into encoded words, which
    mail readers do not decode in List-Unsubscribe: the one-click button would vanish.
    """

    def fold(self, name: str, value: str) -> str:
        """One header as text with its line end."""
        line = f"{name}: {value}"
        if line.isascii() and len(line) <= LONGEST_LINE:
            return line + self.linesep
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header as bytes with its line end."""
        line = f"{name}: {value}"
        if line.isascii() and len(line) <= LONGEST_LINE:
            return (line + self.linesep).encode("ascii")
        return super().fold_binary(name, value)


#: For files: letters stay readable in a text editor.
READABLE = LetterPolicy(linesep="\r\n")
#: For the wire: safe with servers that do not offer 8BITMIME (RFC 6152).
SEVEN_BIT = LetterPolicy(linesep="\r\n", cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who an email comes from, and where answers go if elsewhere."""

    address: str
    name: str
    reply_to: str | None = field(default=None)


def letter(content: EmailContent, to: str, sender: Sender, date: datetime, policy: EmailPolicy = READABLE) -> bytes:
    """An RFC 5322 message, plain text and HTML side by side; `date` is aware.

    ValueError where a header holds a line break or an address cannot be read.
    """
    message = EmailMessage(policy)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = content.subject
    message["Date"] = date
    if sender.reply_to:
        message["Reply-To"] = Address(addr_spec=sender.reply_to)
    for name, value in content.headers.items():
        message[name] = value
    message.set_content(content.text)
    message.add_alternative(content.html, subtype="html")
    return message.as_bytes()
