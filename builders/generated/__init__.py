"""Tests that a model wrote: read out of its answers, each alone, each counted; whether they are right is unknown.

The way of a test: ``load`` (completions of a model, or files) → ``parse`` (what one text holds: asserts by
``statements`` and ``asserts``, pairs by ``fences``, calls by ``calls``) → ``collect`` (distinct tests of a problem, how
often each was written, and what was refused and why). No test is run here.
"""
