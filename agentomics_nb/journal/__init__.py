"""The run directory: its files, its events, the commands that reach it, and the state they add up to."""
