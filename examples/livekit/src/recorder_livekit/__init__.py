"""Records LiveKit rooms, participants and web pages through LiveKit Egress: a provider of recorder-core."""
