"""Routes for operators: is the server alive, is it ready, and its metrics."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from dedup.server.metrics import CONTENT_TYPE
from dedup.server.models import Health
from dedup.server.problems import Refusal, documented
from dedup.server.service import service_of

router = APIRouter(tags=["operations"])
_TEXT = {"content": {"text/plain": {"schema": {"type": "string"}}}}


@router.get("/healthz", summary="Is it alive")
async def alive() -> Health:
    """Whether the process answers."""
    return Health(status="ok")


@router.get("/readyz", responses=documented(), summary="Is it ready")
async def ready(request: Request) -> Health:
    """Whether the index can be read, and the server is not about to stop."""
    service = service_of(request)
    if service.feed.closed:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the server is about to stop")
    await service.read(service.index.stats)
    return Health(status="ready")


@router.get(
    "/metrics", response_class=Response, responses={200: _TEXT, **documented()}, summary="Figures"
)
async def metrics(request: Request) -> Response:
    """Requests, durations and sizes in Prometheus' text format."""
    service = service_of(request)
    stats = await service.read(service.index.stats)
    text = request.app.state.metrics.text(stats, service.feed.listeners)
    return Response(text, headers={"Content-Type": CONTENT_TYPE})
