"""Why a model said so, and how far that may be trusted; loads torch."""

from medimg.explain.explaining import explain

__all__ = ["explain"]
