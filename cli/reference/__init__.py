"""The reference pages: commands, and the configuration that they take."""
