"""Redrives worked on in the background: a lane of its own in the workers, which calls the services that people call."""
