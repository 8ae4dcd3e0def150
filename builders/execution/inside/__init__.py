"""What runs inside the sandbox: standard library only, and nothing that a test expects ever comes here.

The one exception is the judge (``judge.py``), which holds test code and so has a zygote of its own: no program is ever
forked from memory that has held a test.
"""
