"""PUT /api/upload: a file streamed to disk while it is hashed, never held in memory."""

from urllib.parse import unquote, urlsplit

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dashboard import guard, incoming

PATH = "/api/upload"
BLOCK = 1 << 20  # written at once: small chunks would cost a thread switch each


async def upload(request: Request) -> JSONResponse:
    """Takes one file of a session; answers `{"key": …}` or `{"error": code}`."""
    if not _same_origin(request):
        return _refuse("origin", 403)
    if _declared(request) > incoming.LIMIT:
        return _refuse("too_large", 413)
    store = incoming.of(guard.folder())
    token = request.headers.get("x-upload-token", "")
    session = store.begin(token)
    if session is None:
        return _refuse("token", 403)
    arrival = None
    try:
        arrival = await _receive(request, store, session)
    finally:
        store.end(token, arrival)
    return JSONResponse({"key": arrival.key}) if arrival else _refuse("too_large", 413)


async def _receive(request: Request, store: incoming.Incoming, session: str) -> incoming.Arrival | None:
    """The file on disk, or None where it grew above the limit; nothing stays of a file cut short."""
    writer = await to_thread.run_sync(incoming.Writer, store)
    arrival = None
    try:
        block = bytearray()
        async for chunk in request.stream():
            block += chunk
            if writer.size + len(block) > incoming.LIMIT:
                return None
            if len(block) >= BLOCK:
                await to_thread.run_sync(writer.write, bytes(block))
                block.clear()
        await to_thread.run_sync(writer.write, bytes(block))
        arrival = writer.close(session=session, name=_name(request))
        return arrival
    except ClientDisconnect:
        return None
    finally:
        if arrival is None:
            writer.abort()


def _same_origin(request: Request) -> bool:
    """A page of ours sends its own address; another site's page cannot."""
    origin = urlsplit(request.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc.lower() == request.headers.get("host", "").lower()


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdigit() else 0


def _name(request: Request) -> str:
    """The sender's file name without any folder; it is shown, and never used as a path."""
    name = unquote(request.headers.get("x-upload-name", ""))
    clean = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())
    return clean[:200] or "file"


def _refuse(code: str, status: int) -> JSONResponse:
    # The body may be unread: the connection cannot be used again.
    return JSONResponse({"error": code}, status_code=status, headers={"connection": "close"})


ROUTE = Route(PATH, upload, methods=["PUT"])
