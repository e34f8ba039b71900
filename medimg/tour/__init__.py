"""The demo: reading, running, explaining and reporting, with a page that shows it."""
