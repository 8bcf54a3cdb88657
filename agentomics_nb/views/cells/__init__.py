"""The cells of a run in the open notebook: the kernel's half of the labextension."""
