"""Views of a run: in a terminal, as HTML, as Markdown. They read events and know nothing of the engine."""
