"""Figures for Prometheus: requests, their durations, and the size of the index."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from dedup.index.records import IndexStats

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_GAUGES = {
    "articles": "Articles stored",
    "in_memory": "Articles that are in memory and compared with what arrives",
    "texts": "Independent texts (duplicate clusters)",
    "story_groups": "Story groups",
    "events": "Number of the last event of the history",
    "store_bytes": "Size of the store in bytes",
}


class Metrics:
    """Counts the requests of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "dedup_http_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "dedup_http_request_seconds",
            "Seconds from a request's arrival to the end of the answer, streams left out",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )

    def count(self, method: str, route: str, status: int) -> None:
        """Count a request.

        Args:
            method: Its method; unknown ones are counted together.
            route: Pattern of its path, not the path, so that there are few.
            status: Status of the answer.
        """
        self._requests.labels(_known(method), route, str(status)).inc()

    def time(self, method: str, route: str, seconds: float) -> None:
        """Add the duration of a request."""
        self._seconds.labels(_known(method), route).observe(seconds)

    def text(self, stats: IndexStats, streams: int) -> bytes:
        """All figures in Prometheus' text format.

        Args:
            stats: Counts of the index.
            streams: Streams of changes that are open.
        """
        once = CollectorRegistry()
        for name, meaning in _GAUGES.items():
            Gauge(f"dedup_{name}", meaning, registry=once).set(getattr(stats, name))
        Gauge("dedup_streams", "Streams of changes open", registry=once).set(streams)
        return generate_latest(self._registry) + generate_latest(once)


def _known(method: str) -> str:
    return method if method in _METHODS else "other"
