"""Python that a model wrote, run in a sandbox: programs, functions, and unit tests on them."""
