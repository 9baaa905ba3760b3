"""Plays the outside world over its real protocols, for trials and tests; imports nothing from the product."""
