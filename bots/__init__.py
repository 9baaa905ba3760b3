"""Doors of the chat channels, one folder each: webhooks in, notices out; imported by the composition root."""
