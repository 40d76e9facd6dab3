"""Doors for partners and providers: pages, webhooks, health. What they do is in actions; here it is asked for."""
