"""Official rows, or generators, as streams of samples; one module or package a system."""
