"""LiveKit Egress on localhost. It knows the wire and nothing of the translation: so it can disagree."""
