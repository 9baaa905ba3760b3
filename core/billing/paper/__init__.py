"""Documents as people get them: an invoice, a receipt, a credit note, as a PDF or in one text message."""
