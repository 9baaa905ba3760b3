"""Codes that are worth a plan: drawing, printing, redeeming; for payments, network and every floor above."""
