"""Story groups, kept up to date."""
