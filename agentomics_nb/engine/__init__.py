"""The engine: the one process that carries out a run. Nothing imports it; it is started as a module."""
