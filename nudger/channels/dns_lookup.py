"""TXT records, as the resolver of this machine knows them."""

from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, NoNameservers

#: Seconds for one name, all servers and tries together.
PATIENCE = 5.0


class Names:
    """Looks names up; a resolver of another place may be given."""

    def __init__(self, resolver: Resolver | None = None, patience: float = PATIENCE) -> None:
        """The machine's own servers are read from its settings at the first look-up; `patience` in seconds."""
        self._resolver = resolver
        self._patience = patience

    async def texts(self, name: str) -> list[str] | None:
        """The texts under a name, none where there is no such name or text; None where nobody answers."""
        try:
            if self._resolver is None:
                self._resolver = Resolver()
            found = await self._resolver.resolve(name, "TXT", lifetime=self._patience, raise_on_no_answer=True)
        except (NXDOMAIN, NoAnswer):
            return []
        except (NoNameservers, DNSException, OSError):
            return None
        return [b"".join(one.strings).decode("utf-8", "replace") for one in found]
