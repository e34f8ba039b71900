"""The proof of an installation: every step that a user relies on, tried on calculated images."""
