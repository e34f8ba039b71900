"""Calculated images of no patient, with known truth: for the demo, self-test and tests."""
