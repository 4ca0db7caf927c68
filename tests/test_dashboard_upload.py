"""The way in: who may send, how much, and what stays of a file that is cut short."""

import hashlib
import json

import pytest
from filelock import FileLock, Timeout
from loops import finish

from dashboard import incoming, upload
from dashboard.headers import HEADERS, SecurityHeaders


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "workspace"))
    yield incoming.of((tmp_path / "workspace").resolve())
    incoming.close_all()


def put(chunks, *, token="", origin="http://127.0.0.1:8501", name="a.csv", size=None, cut=False):
    """Sends `chunks` to the route as a server would; returns status and answer, and how many chunks were read."""
    sent, taken = [], []
    headers = {"host": "127.0.0.1:8501", "origin": origin, "x-upload-token": token, "x-upload-name": name}
    if size is not None:
        headers["content-length"] = str(size)
    queue = list(chunks)

    async def receive():
        if not queue and cut:
            return {"type": "http.disconnect"}
        taken.append(1)
        body = queue.pop(0) if queue else b""
        return {"type": "http.request", "body": body, "more_body": bool(queue) or cut}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "PUT",
        "path": "/api/upload",
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        "query_string": b"",
    }
    finish(upload.ROUTE.app(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"]), len(taken)


def files(store):
    return sorted(path.name for path in store.folder.iterdir())


def test_a_file_arrives_whole_and_hashed(store):
    status, answer, _ = put([b"a" * 3_000_000, b"b"], token=store.token("s"), name="%E5%90%8D%E7%B0%BF.csv")
    arrival = store.claim(answer["key"], "s")
    assert status == 200
    assert (arrival.name, arrival.size) == ("名簿.csv", 3_000_001)
    assert arrival.sha256 == hashlib.sha256(b"a" * 3_000_000 + b"b").hexdigest()
    assert arrival.path.read_bytes()[-2:] == b"ab"


def test_a_token_lets_one_file_in(store):
    token = store.token("s")
    assert put([b"a"], token=token)[0] == 200
    assert put([b"a"], token=token)[:2] == (403, {"error": "token"})
    assert store.token("s") != token


def test_only_the_session_that_sent_a_file_gets_it(store):
    key = put([b"a"], token=store.token("s"))[1]["key"]
    assert store.claim(key, "t") is None
    assert store.claim("unknown", "s") is None
    assert store.claim(key, "s") is not None


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:9999", "null", ""])
def test_another_sites_page_cannot_send(store, origin):
    assert put([b"a"], token=store.token("s"), origin=origin)[:2] == (403, {"error": "origin"})
    assert files(store) == []


def test_a_file_that_says_it_is_too_large_is_not_read(store):
    status, answer, taken = put([b"a"] * 10, token=store.token("s"), size=2_000_000_000)
    assert (status, answer, taken) == (413, {"error": "too_large"}, 0)


def test_a_file_that_grows_too_large_is_stopped_and_deleted(store, monkeypatch):
    monkeypatch.setattr(incoming, "LIMIT", 5_000_000)
    status, answer, taken = put([b"a" * 1_000_000] * 10, token=store.token("s"))
    assert (status, answer, taken) == (413, {"error": "too_large"}, 6)
    assert files(store) == []


def test_a_file_cut_short_leaves_nothing_and_its_token_still_works(store):
    token = store.token("s")
    put([b"a" * 2_000_000], token=token, cut=True)
    assert files(store) == []
    assert put([b"a"], token=token)[0] == 200


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\data\\passwd", "%2e%2e%2fpasswd", "pass\x00wd", "", "/"])
def test_the_senders_name_is_never_a_path(store, name):
    arrival = store.claim(put([b"a"], token=store.token("s"), name=name)[1]["key"], "s")
    assert arrival.name in ("passwd", "file")
    assert arrival.path.parent == store.folder


def test_files_of_visitors_who_left_are_deleted_after_a_while(store):
    put([b"a"], token=store.token("gone"))
    key = put([b"b"], token=store.token("here"))[1]["key"]
    store.sweep(lambda session: session == "here", now=1e9)
    assert files(store) == [key]


def test_a_visitor_who_lost_the_connection_for_a_minute_keeps_the_file(store):
    key = put([b"a"], token=store.token("s"))[1]["key"]
    arrival = store.claim(key, "s")
    store.sweep(lambda _: False, now=arrival.last_seen + 60)
    assert files(store) == [key]


def test_the_folder_is_locked_while_the_server_lives_and_gone_afterwards(store):
    lock = FileLock(store.folder.with_suffix(".lock"), timeout=0)
    with pytest.raises(Timeout):
        lock.acquire()
    put([b"a"], token=store.token("s"))
    incoming.close_all()
    assert list(store.folder.parent.iterdir()) == []


def test_every_answer_carries_the_headers_and_the_counters_are_closed():
    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def ask(path):
        sent = []

        async def send(message):
            sent.append(message)

        finish(SecurityHeaders(app)({"type": "http", "path": path}, None, send))
        return sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}

    status, headers = ask("/anything")
    assert status == 200
    assert headers == {name.lower(): value for name, value in HEADERS.items()}
    assert "unsafe-eval'" not in headers["content-security-policy"].replace("wasm-unsafe-eval", "")
    assert ask("/_stcore/metrics")[0] == 404
