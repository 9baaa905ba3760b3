"""Who is served: people, their numbers, accounts and addresses; for messaging and every floor above."""
