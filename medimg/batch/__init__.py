"""Folders of cases: packages over every series, one row each, resumable."""
