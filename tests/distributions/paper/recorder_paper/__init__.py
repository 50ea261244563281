"""Records rooms through Paper Press, a vendor that exists in the tests only."""
