"""Why a model said so, and how far that may be trusted; `table` and `badges` load without torch."""
