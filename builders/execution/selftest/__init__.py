"""The grader's own corpus: hostile and honest programs, run here, and what came of it seen from outside."""
