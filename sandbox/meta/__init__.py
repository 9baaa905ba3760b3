"""WhatsApp's Cloud API on Meta's Graph, as one number meets it. Facts and quirks: shared protocols, whatsapp.md."""
