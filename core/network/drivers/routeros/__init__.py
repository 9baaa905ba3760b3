"""MikroTik routers over the RouterOS API. Handed out by the composition root, imported by nobody else."""

from core.network.drivers.routeros.driver import RouterOsDriver

__all__ = ["RouterOsDriver"]
