"""Versions on the Hugging Face Hub: publish (``push.py``), get (``pull.py``), list (``versions.py``)."""
