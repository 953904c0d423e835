"""The HTML pages: rendered here, from the index, without a request to another site.

They work without scripts. The only script keeps the list of stories up to date.
"""

from __future__ import annotations

from dedup.server.pages.rendering import error_page, wants_page
from dedup.server.pages.routes import router

__all__ = ["error_page", "router", "wants_page"]
