"""The vendor's bodies on the wire, key by key."""
