"""Telegram: the door for its updates, the chat on it, and notices by it. Only the assembled program imports it."""
