"""Secrets that workflows use and nobody sees: kept encrypted, sent only to the hosts that they are for, masked everywhere."""
