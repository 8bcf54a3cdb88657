"""What stays of a run: the log notebook, its page and script for readers, and the lock of what the best model needs."""
