"""Between the neutral models and the wire, both ways."""
