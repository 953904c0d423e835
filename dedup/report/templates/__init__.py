"""Layout, style and script of the HTML report; see `dedup.report`."""
