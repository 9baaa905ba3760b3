"""The world's mail: one SMTP server that takes for every address, and shows what came."""
