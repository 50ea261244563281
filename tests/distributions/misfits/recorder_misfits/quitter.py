"""Ends the program of whoever imports it."""

import sys

sys.exit("recorder-misfits needs a licence")
