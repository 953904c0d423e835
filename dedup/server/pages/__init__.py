"""The pages that people look at: made here, of the index, without a request to elsewhere.

They work without a script. The one script there is keeps the list of stories up to date.
"""

from __future__ import annotations

from dedup.server.pages.rendering import error_page, wants_page
from dedup.server.pages.routes import router

__all__ = ["error_page", "router", "wants_page"]
