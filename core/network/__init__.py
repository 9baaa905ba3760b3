"""Routers and what they should hold: desired state, convergence, sessions. For the switchboard and above."""
