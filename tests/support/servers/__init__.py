"""Servers that tests send requests to."""
