"""The talk in a terminal: what a person would be shown in a chat, as plain lines."""
