"""What decides labels: a problem's own tests, or a consensus of programs with generated tests."""
