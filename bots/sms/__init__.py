"""SMS through Africa's Talking: its carrier, its settings, and the doors for its reports."""
