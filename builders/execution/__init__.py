"""Running programs that nobody trusts: the sandbox, the comparison of results, the labels.

The way of a program: ``plan`` (a problem's tests become cases; expected values stay here) → ``run`` (children of a
``worker``'s zygote answer the cases) → ``compare`` (data against data) → ``label``. What runs in the sandbox is in
``inside/``.
"""
