"""What runs need of the network: brought to this machine before, or asked while they run."""
