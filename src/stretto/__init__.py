"""stretto: one task in, a plan decided at run time, every result back."""

from stretto._version import __version__

__all__ = ["__version__"]
