"""Links between representative texts, kept up to date."""
