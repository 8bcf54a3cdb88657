"""Long measurements: real data sets from end to end, and what the machinery costs."""
