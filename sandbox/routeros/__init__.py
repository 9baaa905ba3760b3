"""Plays MikroTik routers over the RouterOS API's real protocol. The sandbox and tests import it; it
imports neither.

A `Router` listens on TCP and is driven by any API client; the methods of `Router` play the customers
behind it.
"""

from sandbox.routeros.router import Router
from sandbox.routeros.spec import Attempt, Faults, LiveSession, RouterSpec

__all__ = ["Attempt", "Faults", "LiveSession", "Router", "RouterSpec"]
