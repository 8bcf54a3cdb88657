"""What must not leave with a record: secrets, and where on whose machine things were."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentomics_nb.environment import redact, redact_forms, secrets_of
from agentomics_nb.record.endpoint import private_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.journal.directory import RunDirectory, RunRecord

_PICTURES = re.compile(r"(image/(?!svg)|application/pdf|video/|audio/)")


@dataclass(frozen=True)
class Redaction:
    """Takes secrets and absolute paths of this machine out of all that is exported.

    Parameters
    ----------
    secrets : tuple of str
        Values that may appear nowhere.
    places : mapping of str to str
        Absolute paths, and the host of an endpoint of the person's own, and what stands in their place.
    """

    secrets: tuple[str, ...]
    places: Mapping[str, str]

    @classmethod
    def of(cls, run: RunDirectory, record: RunRecord, more: Mapping[Path, str] | None = None) -> Redaction:
        """Return the redaction of a run: the secrets of this environment, the run's folders, and the home.

        Parameters
        ----------
        more : mapping of Path to str, optional
            Other folders, such as the one in which a replay worked.
        """
        wanted = {
            run.workspace: "replay",
            run.path: record.run,
            Path(record.origin.directory): ".",
            **{Path(table.path).parent: "data" for table in record.dataset.tables},
            **(more or {}),
            Path.home(): "~",
            Path(tempfile.gettempdir()): "/tmp",  # noqa: S108 - the name of any machine's
        }
        places: dict[str, str] = {}
        for path, name in wanted.items():
            for form in dict.fromkeys((str(path.absolute()), os.path.realpath(path))):
                if len(Path(form).parts) > 1:
                    places.setdefault(form, name)
        if host := private_host(record.model):
            places.setdefault(host, "endpoint")
        longest_first = dict(sorted(places.items(), key=lambda item: -len(item[0])))
        return cls(secrets_of(os.environ), longest_first)

    def text(self, text: str) -> str:
        """Return a text without them."""
        text = redact_forms(redact(text, self.secrets))
        for path, name in self.places.items():
            text = re.sub(rf"{re.escape(path)}(?![\w-]|\.\w)", name.replace("\\", r"\\"), text)
        return text

    def value(self, value: Any) -> Any:
        """Return JSON without them; pictures stay as they are."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: kept if _PICTURES.match(key) else self.value(kept) for key, kept in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return value
