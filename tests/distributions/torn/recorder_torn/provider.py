"""Imports what isn't installed."""

import paper_shredder_sdk

TornProvider = paper_shredder_sdk.Provider
