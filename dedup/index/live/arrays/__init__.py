"""Arrays that grow, an inverted index, and tables of links."""
