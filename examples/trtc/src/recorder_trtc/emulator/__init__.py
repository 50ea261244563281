"""The vendor's service on localhost."""
