"""Which programs and tests agree: selectors over pass matrices, as pure functions.

The way of a matrix: ``matrix`` (programs x tests, 0/1) → ``signatures`` (integers for each distinct row) → a
selector's scores (``maxpass``, ``codet``, ``b4``, ``dyb4``) → ``select`` (the chosen programs and tests, ties decided
on integers). ``parse`` reads a selector's name, ``rank_filter`` says which matrices tell anything, ``quality`` measures
a selection against known verdicts. No program is run here, and no label is made.
"""
