"""Who may do what: people with badge and PIN, program accounts with a token, signing in, and limits on guessing."""
