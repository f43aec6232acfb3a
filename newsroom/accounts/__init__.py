"""Who comes in: guessing slowed down, a second factor, the logins in the admin."""
