"""One file per flow, each in the order of the talk it holds. Steps are found by name: `buy.bundle`."""
