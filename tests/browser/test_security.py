"""Who can reach the server, and what text from a file may do."""

import socket
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest
from playwright.sync_api import expect

from dashboard.headers import HEADERS

LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_the_server_listens_on_loopback_and_talks_to_nobody_else(visit, page, server):
    visit("import_data")
    process = psutil.Process(server.process.pid)
    connections = [c for each in (process, *process.children(recursive=True)) for c in each.net_connections("inet")]
    assert {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN} <= LOOPBACK
    assert [c for c in connections if c.raddr and c.raddr.ip not in LOOPBACK] == []
    expect(page.locator("h1")).to_be_visible()


def test_every_answer_carries_the_security_headers(server):
    for path in ("/", "/import_data", "/_stcore/health", "/no/such/page"):
        with urlopen(f"{server.url}{path}") as answer:
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_the_counters_are_closed(server):
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{server.url}/_stcore/metrics")


def test_a_websocket_from_another_site_is_refused(server):
    for headers in ("Host: evil.example", f"Host: 127.0.0.1:{server.port}\r\nOrigin: https://evil.example"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
            wire.sendall(
                f"GET /_stcore/stream HTTP/1.1\r\n{headers}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            assert b" 403 " in wire.recv(200)


def test_an_upload_without_a_token_or_from_another_site_is_refused(server):
    for headers in ({"Origin": server.url}, {"Origin": "https://evil.example", "X-Upload-Token": "x"}, {}):
        request = Request(f"{server.url}/api/upload", data=b"a", method="PUT", headers=headers)
        with pytest.raises(HTTPError, match="403"):
            urlopen(request)


def test_a_two_gigabyte_upload_is_refused_without_being_read(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
        wire.sendall(
            f"PUT /api/upload HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.url}\r\n"
            "Content-Length: 2147483648\r\n\r\n".encode()
        )
        assert b" 413 " in wire.recv(200)


HEADERS_OF_A_HOSTILE_FILE = [
    "ユーザーID",
    "![x](https://evil.example/header.png)",
    "<img src=https://evil.example/h.png onerror=document.title='run'>",
    '=HYPERLINK("https://evil.example")',
    "[a](javascript:document.title='run')",
    ":material/home: $x^2$ **太字**",
]


def hostile(rows: int = 40) -> bytes:
    """A user list whose headers and values are full of what must stay text."""
    value = "\"![v](https://evil.example/v{n}.png)<script>document.title='run'</script>\""
    cells = [
        value,
        '"<iframe src=https://evil.example></iframe>"',
        '"=1+1"',
        '"[a](https://evil.example)"',
        '"**太字**"',
    ]
    lines = [",".join('"' + header.replace('"', '""') + '"' for header in HEADERS_OF_A_HOSTILE_FILE)]
    lines += [",".join([f"![u](https://evil.example/u{n}.png)", *cells]).replace("{n}", str(n)) for n in range(rows)]
    return "\r\n".join(lines).encode("utf-8-sig")


def test_text_from_a_file_is_never_fetched_rendered_or_run(visit, page, bring, settle):
    """The context's fixture holds that nothing was asked of evil.example."""
    visit("import_data")
    page.evaluate("document.title = 'untouched'")
    bring("![n](https:evil.example) <b>x.csv", hostile())
    box = page.locator(".st-key-open_file")
    expect(box).to_contain_text("![n](https:evil.example) <b>x.csv")
    page.get_by_role("button", name="取り込む").last.click()
    expect(page.locator(".st-key-imported")).to_be_visible(timeout=120_000)
    settle()
    for path in ("", "active_rate", "erase_data", "import_data"):
        visit(path)
    assert page.locator("img[src*=evil], iframe[src*=evil], a[href*=evil], a[href^='javascript:']").count() == 0
    assert "run" not in page.title()
