"""The frozen values that travel along the line; numpy only, no files, no torch, no Qt."""
