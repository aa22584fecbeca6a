"""The Django admin, one file an aggregate."""
