"""dualset: turn a code model's own attempts into training data, and training data into a better model.

The code lies in four rooms: :mod:`dualset.builders` makes versioned datasets, :mod:`dualset.sql` queries them,
:mod:`dualset.eval` measures models on them and :mod:`dualset.train` trains from them. Importing this package
imports none of the heavy libraries.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
