"""What runs inside the sandbox, by its interpreter: with the standard library alone.

A parent, which is trusted, forks a child, which is not: the child runs the code under test and
answers over a pipe, the parent measures its time. Nothing that the child says is a verdict on
cases: the parent is never told the expected outputs, and evalrun compares outside.
"""
