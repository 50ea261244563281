"""The vendor's bodies, key by key."""
