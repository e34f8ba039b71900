"""Packages: what they are, where they lie, and what they may run on. No torch on this floor."""

from medimg.packages.admission import admit

__all__ = ["admit"]
