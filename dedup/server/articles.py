"""Routes of articles: add, replace, remove, show, and query the index about a new text."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Body, Path, Request, Response, Security
from fastapi.security import HTTPBearer
from starlette.convertors import PathConvertor, register_url_convertor

from dedup.records import Problem
from dedup.server.answers import answer
from dedup.server.models import (
    EXAMPLE_ARTICLE,
    ArticleIn,
    ArticleOut,
    ArticlesIn,
    Placements,
    QueryIn,
    QueryOut,
)
from dedup.server.problems import Fault, Refusal, documented
from dedup.server.service import Service, service_of

router = APIRouter(prefix="/v1", tags=["articles"])
# For the OpenAPI document: `RequestChecks` refuses a write without the token before its body is
# read, and on any route.
_WRITING = [
    Security(HTTPBearer(scheme_name="token", description="Where one is set.", auto_error=False))
]
ArticleId = Annotated[
    str,
    Path(
        description="Id of an article, percent-encoded: it may contain any character.",
        examples=["herald-4711"],
        max_length=1_000,
    ),
]


class _Anything(PathConvertor):
    """Any text in a path: also slashes, and also line breaks, which `path` does not match."""

    regex = r"[\s\S]+"


register_url_convertor("anything", _Anything())


@router.post(
    "/articles",
    status_code=201,
    response_model=Placements,
    responses=documented(401),
    dependencies=_WRITING,
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
    """Add an article, or a list of them, and return where each was placed.

    An article replaces the one with the same id; the same content again changes nothing. With
    the answer 201 the articles are on disk. Articles that cannot be used are skipped and listed
    under `problems`; if none can be used, the answer is 422.
    """
    service = service_of(request)
    batch = articles if isinstance(articles, list) else [articles]
    _check_sizes(batch, service)
    return await answer(
        service,
        Placements,
        lambda: _add(service, batch),
        by="write",
        status=201,
        headers=_location if not isinstance(articles, list) else None,
    )


@router.put(
    "/articles/{id:anything}",
    response_model=Placements,
    responses={201: {"model": Placements, "description": "Added"}, **documented(401)},
    dependencies=_WRITING,
    summary="Put an article",
)
async def put_article(request: Request, id: ArticleId, article: ArticleIn) -> Response:
    """Put an article under an id: 201 if it is new, 200 if it replaces one or changes nothing."""
    service = service_of(request)
    if id != id.strip() or "\0" in id:
        fault = Fault(detail="white space at an end, or a null byte", parameter="id")
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "this id cannot be stored", faults=[fault])
    if article.id not in ("", id):
        fault = Fault(detail=f"not the id in the path, {id!r}", pointer="#/id")
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "the ids differ", faults=[fault])
    article = article.model_copy(update={"id": id})
    _check_sizes([article], service)
    return await answer(
        service,
        Placements,
        lambda: _add(service, [article]),
        by="write",
        status=lambda added: 201 if added.placements[0].status == "added" else 200,
    )


@router.delete(
    "/articles/{id:anything}",
    status_code=204,
    response_class=Response,
    responses=documented(401, 404),
    dependencies=_WRITING,
    summary="Remove an article",
)
async def remove_article(request: Request, id: ArticleId) -> Response:
    """Remove an article for good. Copies and stories that only it connected are separated."""
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
    """An article, its placement, and the copies of its text."""
    service = service_of(request)
    index = service.index

    def read() -> ArticleOut:
        stored, placement = index.article(id), index.placement(id)
        return ArticleOut(
            article=stored.article,
            added_at=stored.added_at,
            time_imputed=stored.time_imputed,
            placement=placement,
            remarks=index.remarks(id),
            duplicate_cluster=index.cluster(placement.duplicate_cluster),
        )

    return await answer(service, ArticleOut, read)


@router.post(
    "/query",
    response_model=QueryOut,
    responses=documented(),
    summary="Query the index about a text",
)
async def query(request: Request, query: QueryIn) -> Response:
    """What a text copies, which texts are near to it and which story it would join.

    Nothing is added. A text without a time is compared by content alone. In one with a time,
    neighbours that are too far from it in time have no probability.
    """
    service = service_of(request)
    article = query.asked
    _check_sizes([article], service)
    row = article.row()
    return await answer(
        service, QueryOut, lambda: service.writer.query(row, limit=query.limit), by="query"
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


def _add(service: Service, batch: list[ArticleIn]) -> Placements:
    problems: list[Problem] = []
    placements = service.writer.add([article.row() for article in batch], problems)
    if not placements:
        faults = [
            Fault(detail=f"{problem.kind}: {problem.value}".rstrip(": "), pointer="#")
            for problem in problems
        ]
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, "there is no article that can be used", faults=faults
        )
    return Placements(placements=placements, problems=problems)


def _location(added: Placements) -> dict[str, str]:
    return {"Location": f"/v1/articles/{quote(added.placements[0].id, safe='')}"}
