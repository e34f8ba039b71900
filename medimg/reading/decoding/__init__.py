"""Codecs at arm's length: compressed pixels are opened by a process that may die of them."""
