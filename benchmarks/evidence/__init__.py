"""Crash and fault evidence: the service killed, stopped, starved and lied to, and the provider's log as the judge."""
