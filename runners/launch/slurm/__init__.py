"""Jobs on a SLURM cluster: submitted as arrays, supervised on their node, asked about by squeue."""
