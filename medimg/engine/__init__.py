"""The processes: protocol, child and client. Importing this floor loads no torch and no codec."""

from medimg.engine.calls import analyse

__all__ = ["analyse"]
