"""Claims the name of another provider; it is never imported."""

raise RuntimeError("nobody asked for the copycat")
