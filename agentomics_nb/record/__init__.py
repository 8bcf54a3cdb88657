"""What stays of a run: the log notebook and the lock of what the best model needs."""
