"""Planning tasks in PDDL: what can be applied and reached, and how long plans are."""
