"""E-mail: notices by the provider's mail server. Only the assembled program imports it."""
