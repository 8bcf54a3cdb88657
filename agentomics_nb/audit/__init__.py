"""Whether data can be evaluated honestly, and how: leaks, and the split contract that follows from them.

The modules, from data to verdict:

``tables``
    the files in memory, bounded, labels as numbers
``shared_stretches``, ``interval_overlaps``, ``relation``
    which rows belong together: the one definition for the audit, the split and its check. The first two are plain
    scripts, and are also written into a run's workspace
``association``
    how strongly a column goes with the label
``duplicates``, ``homology``, ``genomic_intervals``, ``entities``, ``label_copies``, ``drift``
    the checks, a family each; each yields findings
``contract``
    the split that is honest, and why
``audit``
    all of it
"""

from __future__ import annotations

from agentomics_nb.audit.audit import Audit, audit
from agentomics_nb.audit.contract import SplitContract
from agentomics_nb.audit.finding import Finding
from agentomics_nb.audit.relation import Relation, components_of

__all__ = ["Audit", "Finding", "Relation", "SplitContract", "audit", "components_of"]
