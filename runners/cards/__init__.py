"""Cards of recipes, and the pages that are made of them."""
