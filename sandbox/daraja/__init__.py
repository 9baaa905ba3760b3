"""Safaricom's Daraja over its own wire: tokens, PIN prompts, paybill payments, status, reversal, pull."""
