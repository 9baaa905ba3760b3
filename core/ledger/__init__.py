"""Ledger: the double-entry journal, the only place where money is counted. Imported by billing and above."""
