"""Staff: their accounts, roles and sessions, and the audit trail. Every floor above may ask who acts."""
