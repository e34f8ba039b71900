"""Data that ships with the program, found by `importlib.resources`."""
