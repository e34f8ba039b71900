"""The page of a batch: many cases, one row each."""
