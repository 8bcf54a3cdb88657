"""Fill the validator's cache with the context of RO-Crate 1.1, from the package that brings it along: no network.

Runs in the validator's own environment: ``python crate_context.py CACHE``.
"""

from __future__ import annotations

import sys
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


class Shipped(HTTPAdapter):
    """Answers with the file that ro-crate-py 0.15 ships: the context as it is published."""

    def send(self, request: PreparedRequest, **_: object) -> Response:
        # Read from where it lies: to import the package would need all that it depends on.
        shipped = Path(str(metadata.distribution("rocrate").locate_file("rocrate/data/ro-crate.jsonld")))
        raw = HTTPResponse(
            BytesIO(shipped.read_bytes()),
            headers={"Content-Type": "application/ld+json"},
            status=200,
            request_url=CONTEXT,
            preload_content=False,
        )
        return self.build_response(request, raw)


if __name__ == "__main__":
    with CachedSession(sys.argv[1], backend="sqlite", expire_after=-1) as session:
        session.mount(CONTEXT, Shipped())
        document = session.get(CONTEXT).json()
    assert document["@id"] == CONTEXT, document["@id"]
