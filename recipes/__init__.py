"""The Hydra tree of recipes, and the papers' reported numbers; data only."""
