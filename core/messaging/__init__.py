"""Notices: what we say to people by SMS, sent once for each reason, and what the carrier reports about it."""
