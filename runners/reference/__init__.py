"""The configuration reference: pages that are made of the schemas."""
