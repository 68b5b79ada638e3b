"""Jobs in the background of this machine, so many at a time."""
