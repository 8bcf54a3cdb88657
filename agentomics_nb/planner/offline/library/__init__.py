"""The offline planner's own words: snippets that are copied into the generated scripts.

Each module here is plain scientific Python that imports nothing of agentomics_nb. The planner never calls it;
it copies the modules that a recipe names into ``features.py`` and ``model.py``, where a person reads them.
"""
