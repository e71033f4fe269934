"""Secrets: keeping them out of what is remembered."""
