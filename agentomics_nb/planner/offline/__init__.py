"""The offline planner: deterministic recipes from domain knowledge, written out as plain scientific Python."""
