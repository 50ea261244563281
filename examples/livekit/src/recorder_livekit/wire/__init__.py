"""LiveKit's bodies as models: names, ranges and enums of the published protobuf, `livekit_egress.proto`."""
