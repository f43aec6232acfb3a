"""What the newsroom's work costs: a generator of seeds and commands that print a table."""
