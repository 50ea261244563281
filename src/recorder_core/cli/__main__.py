"""`python -m recorder_core.cli` is `recorder`."""

from recorder_core.cli import main

main()
