"""The live dashboard of a run: what it shows as plain values, one module a part, and the widget that shows them."""
