"""Routes of articles: add, replace, remove, show, and ask about a text that is not there."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Path, Request, Response
from starlette.convertors import Convertor, register_url_convertor

from dedup.index.records import QueryAnswer
from dedup.records import Problem
from dedup.server.answers import answer
from dedup.server.models import (
    EXAMPLE_ARTICLE,
    ArticleIn,
    ArticleOut,
    ArticlesIn,
    Placements,
    QueryIn,
)
from dedup.server.problems import Fault, Refusal, documented
from dedup.server.service import Service, service_of

router = APIRouter(prefix="/v1", tags=["articles"])
_WRITING: dict[str, Any] = {"security": [{"token": []}]}
ArticleId = Annotated[
    str,
    Path(
        description="Id of an article, percent-encoded: it may hold any character.",
        examples=["herald-4711"],
        max_length=1_000,
    ),
]


class _Anything(Convertor[str]):
    """Any text in a path: also slashes, and line breaks, where `path` ends."""

    regex = r"[\s\S]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


@router.post(
    "/articles",
    status_code=201,
    response_model=Placements,
    responses=documented(401),
    openapi_extra=_WRITING,
    summary="Add articles",
)
async def add_articles(
    request: Request,
    articles: Annotated[
        ArticlesIn,
        Body(
            openapi_examples={
                "one": {"summary": "One article", "value": EXAMPLE_ARTICLE},
                "batch": {
                    "summary": "A batch",
                    "value": [EXAMPLE_ARTICLE, {"title": "Brackwater under water", "id": "post-1"}],
                },
            }
        ),
    ],
) -> Response:
    """Add an article, or a list of them, and say where they were put.

    An article whose id is known replaces the one that is there; the same content again changes
    nothing. What is answered with 201 is on disk. Articles that cannot be used are skipped and
    listed under `problems`; if none can be used, the answer is 422.
    """
    service = service_of(request)
    batch = articles if isinstance(articles, list) else [articles]
    _check_sizes(batch, service)
    return await answer(
        service,
        Placements,
        lambda: _added(service, batch),
        by="write",
        status=201,
        headers=_location if not isinstance(articles, list) else None,
    )


@router.put(
    "/articles/{id:anything}",
    response_model=Placements,
    responses={201: {"model": Placements, "description": "Added"}, **documented(401)},
    openapi_extra=_WRITING,
    summary="Put an article",
)
async def put_article(request: Request, id: ArticleId, article: ArticleIn) -> Response:
    """Put an article under an id: 201 if it is new, 200 if it replaces one or changes nothing."""
    service = service_of(request)
    if id != id.strip() or "\0" in id:
        fault = Fault(detail="white space at an end, or a null byte", parameter="id")
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "this id cannot be kept", faults=[fault])
    if article.id not in ("", id):
        fault = Fault(detail=f"not the id in the path, {id!r}", pointer="#/id")
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "the ids differ", faults=[fault])
    given = article.model_copy(update={"id": id})
    _check_sizes([given], service)
    return await answer(
        service,
        Placements,
        lambda: _added(service, [given]),
        by="write",
        status=lambda found: 201 if found.placements[0].status == "added" else 200,
    )


@router.delete(
    "/articles/{id:anything}",
    status_code=204,
    response_class=Response,
    responses=documented(401, 404),
    openapi_extra=_WRITING,
    summary="Remove an article",
)
async def remove_article(request: Request, id: ArticleId) -> Response:
    """Remove an article for good. Copies and stories that it held together come apart."""
    service = service_of(request)
    await service.write(service.writer.remove, id)
    return Response(status_code=204)


@router.get(
    "/articles/{id:anything}",
    response_model=ArticleOut,
    responses=documented(404),
    summary="Show an article",
)
async def show_article(request: Request, id: ArticleId) -> Response:
    """An article, where it was put, and the copies of its text."""
    service = service_of(request)
    index = service.index

    def found() -> ArticleOut:
        stored, place = index.article(id), index.placement(id)
        return ArticleOut.of(stored, place, index.cluster(place.duplicate_cluster))

    return await answer(service, ArticleOut, found)


@router.post(
    "/query",
    response_model=QueryAnswer,
    responses=documented(),
    summary="Ask about a text",
)
async def query(request: Request, asked: QueryIn) -> Response:
    """What a text copies and which story it would join; nothing is added."""
    service = service_of(request)
    article = asked.article or ArticleIn.model_validate({"text": asked.text})
    _check_sizes([article], service)
    given = article.row()
    return await answer(
        service, QueryAnswer, lambda: service.writer.query(given, limit=asked.limit), by="ask"
    )


def _check_sizes(articles: list[ArticleIn], service: Service) -> None:
    limits = service.limits
    if len(articles) > limits.batch:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"{len(articles):,} articles at once: send at most {limits.batch:,}",
        )
    for number, article in enumerate(articles):
        size = len(article.title) + len(article.text)
        if size > limits.text_chars:
            detail = f"{size:,} characters, of at most {limits.text_chars:,}"
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"title and text of article {number + 1} have {detail}",
            )


def _added(service: Service, batch: list[ArticleIn]) -> Placements:
    problems: list[Problem] = []
    placements = service.writer.add([article.row() for article in batch], problems)
    if not placements:
        faults = [
            Fault(detail=f"{met.kind}: {met.value}".rstrip(": "), pointer="#") for met in problems
        ]
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, "there is no article that can be used", faults=faults
        )
    return Placements(placements=placements, problems=problems)


def _location(found: Placements) -> dict[str, str]:
    return {"Location": f"/v1/articles/{quote(found.placements[0].id, safe='')}"}
