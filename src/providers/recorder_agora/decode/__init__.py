"""From a start's bodies back to the neutral spec for which they stand."""
