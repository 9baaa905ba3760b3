"""Migrations: forward-only, run by the owner role, compatible with the program that still runs."""
