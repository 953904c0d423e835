"""The story steps: vectors, terms, times -> candidates -> log-odds of "same event" -> groups."""

from dedup.stories.affinity import Affinity, AffinityModel, log_odds_of, probability_of
from dedup.stories.candidates import story_candidates
from dedup.stories.features import Features
from dedup.stories.grouping import Grouping, group
from dedup.stories.linked_groups import Group
from dedup.stories.links import Links
from dedup.stories.pairs import Pairs
from dedup.stories.profiles import Profiles, name_hashes

__all__ = [
    "Affinity",
    "AffinityModel",
    "Features",
    "Group",
    "Grouping",
    "Links",
    "Pairs",
    "Profiles",
    "group",
    "log_odds_of",
    "name_hashes",
    "probability_of",
    "story_candidates",
]
