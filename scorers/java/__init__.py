"""Java: reading its source, compiling it, and running its JUnit tests, in a sandbox."""
