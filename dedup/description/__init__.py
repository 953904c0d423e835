"""The step `describe`: duplicate clusters, story groups, key terms, evidence and sentences."""
