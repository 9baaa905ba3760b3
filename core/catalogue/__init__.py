"""Catalogue: what is sold and where - sites, plans, prices. Imported by billing and every floor above it."""
