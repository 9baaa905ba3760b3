"""One folder per kind of router. Each speaks the router's own words and offers `core.network.driver`."""
