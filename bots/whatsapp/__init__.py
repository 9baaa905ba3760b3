"""WhatsApp through Meta's Cloud API: the doors for its webhooks, the chat on it, and notices by it. Only the assembled
program imports it.
"""
