"""Who decides: the planner port and the planners behind it."""
