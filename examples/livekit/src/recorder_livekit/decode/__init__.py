"""From a start's body back to the neutral spec for which it stands."""
