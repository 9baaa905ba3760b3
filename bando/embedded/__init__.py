"""PostgreSQL and Valkey out of wheels, for the demo and the tests: no server to install, no rights needed.
The assembled program (bando/) and the tests import it; live installations give their own URLs (see
`resolve`)."""

from bando.embedded.process import EmbeddedError
from bando.embedded.servers import Servers, erase, resolve, start

__all__ = ["EmbeddedError", "Servers", "erase", "resolve", "start"]
