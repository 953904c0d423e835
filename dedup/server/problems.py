"""Errors as problem documents (RFC 9457), and as pages for people."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from dedup.errors import CursorError, InputError, NotFoundError, StoreError

_LOG = logging.getLogger("dedup.server")
MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 50
_UNION_TAGS = ("one", "many")


class Fault(BaseModel):
    """One thing that is wrong with a request.

    `pointer` is a JSON Pointer into the body (RFC 6901, as a fragment), `parameter` the name of
    a parameter; one of the two is given.
    """

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class ProblemDocument(BaseModel):
    """Why a request was not served."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Not Found",
                "status": 404,
                "detail": "no article has the id '4711'",
            }
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: list[Fault] | None = None


class Refusal(Exception):
    """A request that is refused.

    Args:
        status: Status of the answer.
        detail: What is wrong and what to do.
        faults: Where in the request.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})


def problem(refusal: Refusal) -> Response:
    """The problem document of a refusal."""
    values: dict[str, Any] = {
        "type": "about:blank",
        "title": refusal.status.phrase,
        "status": refusal.status.value,
    }
    if refusal.detail:
        values["detail"] = refusal.detail
    if refusal.faults:
        values["errors"] = [
            fault.model_dump(exclude_none=True) for fault in refusal.faults[:_MOST_ERRORS]
        ]
    # A lone surrogate in the request cannot be sent back.
    content = json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, refusal.status, headers=refusal.headers, media_type=MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Responses of a route for OpenAPI: problem documents, under the usual and these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    every = sorted({400, 413, 415, 421, 422, 500, 503, *statuses})
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content} for status in every
    }


def refusal_of(error: Exception) -> Refusal:
    """The refusal that answers an error of a request; unexpected errors are logged."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        detail = "" if error.detail == status.phrase else str(error.detail)
        return Refusal(status, detail, headers=error.headers)
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, NotFoundError):
        return Refusal(HTTPStatus.NOT_FOUND, str(error))
    if isinstance(error, InputError):
        return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    if isinstance(error, CursorError):
        fault = Fault(detail="it is none of this list: begin without one", parameter="cursor")
        detail = "the cursor cannot be used"
        return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults=[fault])
    if isinstance(error, StoreError):
        _LOG.error("the index cannot be used: %s", error)
        detail = "the index cannot be read or written at the moment: the log says why"
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail)
    _LOG.error("a request failed", exc_info=error)
    return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "the log of the server says why")


def _invalid(error: RequestValidationError) -> Refusal:
    """The refusal of an invalid request; it does not repeat what was sent."""
    errors = error.errors()
    if any(part["type"] == "json_invalid" for part in errors):
        return Refusal(HTTPStatus.BAD_REQUEST, "the body is not JSON")
    faults = [_fault(part["loc"], part["msg"]) for part in errors]
    first = faults[0]
    where = f"{first.parameter or first.pointer}: " if first.parameter or first.pointer else ""
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}{first.detail}", faults=faults)


def _fault(loc: Sequence[int | str], message: str) -> Fault:
    where, *path = loc
    detail = message.removeprefix("Value error, ")
    if where != "body":
        return Fault(detail=detail, parameter="/".join(map(str, path)))
    if path and path[0] in _UNION_TAGS:
        path = path[1:]
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return Fault(detail=detail, pointer="#" + "".join(f"/{part}" for part in parts))
