"""Mutants of a program, which of them the tests kill, and what that says of the tests."""
