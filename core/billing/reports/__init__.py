"""Reports: queries over the journal, invoices and moves of lines. Each is defined in words in docs/reports.md; its
money is that of the journal. They read, and change nothing."""
