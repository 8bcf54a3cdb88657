"""The LLM planner: a language model decides, through the same tools, checks and cells as the offline planner."""
