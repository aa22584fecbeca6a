"""Read-only questions about workflows and runs."""
