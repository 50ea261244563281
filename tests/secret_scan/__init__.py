"""Looks for the secrets of the tests in everything that the tests bring about; a finding fails the test.

`tests/conftest.py` loads `plugin`. What is searched stands in SECURITY.md; what may hold a secret, in `allowed`.
"""
