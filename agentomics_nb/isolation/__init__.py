"""Isolation: what the agent's programs can reach on this machine, held by the system and not by their good will."""

from __future__ import annotations

from agentomics_nb.isolation.choice import available, choose, confined
from agentomics_nb.isolation.confinement import Confinement, Isolation, private, reach_of_scripts

__all__ = ["Confinement", "Isolation", "available", "choose", "confined", "private", "reach_of_scripts"]
