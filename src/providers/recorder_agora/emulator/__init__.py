"""The vendor's service, spoken on loopback. It knows the wire and nothing of the neutral models."""
