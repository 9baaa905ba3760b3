"""Telegram's Bot API in webhook mode, as one bot meets it. Facts and quirks: shared protocols, telegram.md."""
