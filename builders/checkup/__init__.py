"""What this machine has and what it lacks for the work: looked at, never changed."""
