"""The assembled program: command line, web, composition root. Nobody imports it."""
