"""Neutral to wire and back: the only place that knows both vocabularies. Pure."""
