"""Payments: collect, settle, reconcile, suspense; one folder per gateway. Imported by conversation and above."""
