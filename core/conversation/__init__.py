"""The talk: what a person sees and what the next key means, on every channel. The doors import it."""
