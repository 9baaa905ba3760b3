"""The trial's provider: sites, routers, plans, and subscribers whose past the verbs themselves have lived."""

from bando.seed.history import seed

__all__ = ["seed"]
