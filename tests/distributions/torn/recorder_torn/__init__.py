"""Imports what isn't installed."""
