"""GET /api/download/{token}: a file that was made for one reader, sent once from disk and then deleted."""

import secrets
from pathlib import Path
from threading import Lock

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

_offers: dict[str, tuple[Path, str]] = {}
_lock = Lock()


def offer(path: Path, name: str) -> str:
    """The address, relative to any page, under which `path` can be fetched once."""
    token = secrets.token_urlsafe(24)
    with _lock:
        _offers[token] = (path, name)
    return f"api/download/{token}"


async def download(request: Request) -> Response:
    """The file behind the token, or 404."""
    with _lock:
        found = _offers.pop(request.path_params["token"], None)
    if found is None or not found[0].is_file():
        return PlainTextResponse("not found", status_code=404)
    path, name = found
    return FileResponse(
        path,
        filename=name,
        media_type="application/octet-stream",
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(path.unlink, missing_ok=True),
    )


ROUTE = Route("/api/download/{token}", download, methods=["GET"])
