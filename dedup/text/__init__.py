"""Text: characters, shingles, terms, phonetic keys, normalisation, languages and dates."""
