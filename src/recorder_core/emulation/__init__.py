"""What every vendor's emulator shares: HTTP service, clock, rooms, pictures, files, bucket."""
