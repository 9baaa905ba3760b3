"""The staff web: pages below /admin, made on the server. Only `bando` includes it."""
