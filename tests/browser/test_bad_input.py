"""Bad input through the page: a sentence that names file, row and column, a page that goes on, and nothing lost."""

import re
import struct
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from visiting import choose

import analysis as an
from tests.browser.conftest import settled
from tools.serving import Server

ROSTER = "ユーザーID,エリア\r\n0001,関東\r\n0002,近畿\r\n"
LOG = "日時,ユーザーID\r\n2026/01/05 09:00,0001\r\n2026/03/31 18:00,0002\r\n"
ROSTER_KIND = {"ja": "ユーザー一覧", "en": "User list"}
KIND = {"ja": "種類", "en": "Kind"}
LOG_KIND = {"ja": "利用履歴（ログイン・注文など）", "en": "Activity log (logins, orders …)"}
MOMENT = {"ja": "日時（必須）", "en": "Date and time (required)"}
IMPORT = {"ja": re.compile("として取り込む$"), "en": re.compile("Import as ")}


@pytest.fixture(scope="module")
def server(start, tmp_path_factory):
    """A server over two good imports, which no bad one may touch."""
    folder = tmp_path_factory.mktemp("good")
    workspace = an.Workspace.open(folder / "workspace")
    for name, text in (("ユーザー一覧_20260331.csv", ROSTER), ("ログイン履歴.csv", LOG)):
        (folder / name).write_bytes(text.encode("cp932"))
        workspace.add(an.read_export(folder / name))
    workspace.close()
    with start(folder / "workspace") as running:
        yield running


State = tuple[list[tuple], set[str]]


def state(folder: Path) -> State:
    """Everything that a refused file must leave as it was: the imports, and the files that hold them."""
    workspace = an.Workspace.open(folder)
    imports = [(each.id, each.name, each.read, each.accepted, each.state) for each in workspace.imports()]
    workspace.close()
    kept = [path for part in ("tables", "refused", "originals") for path in (folder / part).rglob("*")]
    return imports, {str(path.relative_to(folder)) for path in kept}


@pytest.fixture
def unchanged(server):
    """The workspace is the same after the test as before it."""
    before = state(server.workspace)
    assert len(before[0]) >= 2
    yield
    assert state(server.workspace) == before


def compound_file() -> bytes:
    """A password-protected workbook as Office lays it out: a compound file with an encrypted package.

    512 bytes of header, the allocation table, the directory with its names in UTF-16, then the package.
    """
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0) + b"\xff" * 432
    table = struct.pack("<III", 0xFFFFFFFD, 0xFFFFFFFE, 3) + b"".join(struct.pack("<I", n) for n in range(4, 20))
    table = (table + struct.pack("<I", 0xFFFFFFFE)).ljust(512, b"\xff")
    names = (("Root Entry", 5, 0), ("EncryptedPackage", 2, 8192), ("EncryptionInfo", 2, 0))
    entries = b"".join(_entry(name, kind, size) for name, kind, size in names)
    return head[:512].ljust(512, b"\xff") + table + entries.ljust(512, b"\0") + bytes(range(256)) * 34


def _entry(name: str, kind: int, size: int) -> bytes:
    written = (name + "\0").encode("utf-16-le")
    links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, 1 if kind == 5 else 0xFFFFFFFF)
    return (
        written.ljust(64, b"\0")
        + struct.pack("<HBB", len(written), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", 2, size)
    )


PICTURE = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(256)) * 8
HEADER = "ユーザーID,エリア\r\n".encode("cp932")
# File, its bytes, and what the page says of it: the file's name, where, and what to do.
NO_TABLE = [
    ("ja", "空.csv", b"", "「空.csv」には何も入っていません。書き出しをやり直してください"),
    ("ja", "写真.csv", PICTURE, "「写真.csv」は表のファイルではありません（中身は PNG）"),
    ("ja", "鍵つき.xlsx", compound_file(), "「鍵つき.xlsx」はパスワードで保護されています"),
    ("ja", "見出しだけ.csv", HEADER, "「見出しだけ.csv」は見出し（1 行目：ユーザーID"),
    ("en", "empty.csv", b"", "“empty.csv” is empty"),
    ("en", "picture.csv", PICTURE, "“picture.csv” is not a table"),
    ("en", "locked.xlsx", compound_file(), "“locked.xlsx” is protected by a password"),
    ("en", "header.csv", HEADER, "“header.csv” has a header (line 1: ユーザーID, エリア) and no row below it"),
]


# one of each is quick; the other language, and what tests/test_exports_bad.py asks without a browser, is long
@pytest.mark.parametrize(
    ("lang", "name", "content", "says"),
    [pytest.param(*each, id=each[1], marks=() if each[1] == "鍵つき.xlsx" else pytest.mark.long) for each in NO_TABLE],
)
def test_a_file_that_is_no_table_gets_a_sentence(lang, name, content, says, visit, page, bring, unchanged):
    visit("import_data", lang=lang)
    bring(name, content)
    expect(alert(page)).to_contain_text(says)
    goes_on(page)


def alert(page: Page) -> Locator:
    return page.get_by_test_id("stAlert").first


def goes_on(page: Page) -> None:
    """No traceback, and the file can be taken away."""
    assert page.get_by_test_id("stException").count() == 0
    assert "Traceback" not in page.inner_text("body")
    page.locator(".st-key-remove button").click()
    expect(page.locator(".st-key-open_file")).to_have_count(0)


def reads_on(page: Page, lang: str) -> None:
    """The next file, a good one, could be imported."""
    settled(page)
    good = {"name": "ok.csv", "mimeType": "text/csv", "buffer": LOG.replace("01/05", "01/06").encode()}
    page.locator("input[type=file]").first.set_input_files(good)
    expect(page.get_by_role("button", name=IMPORT[lang])).to_be_enabled()


@pytest.mark.long
@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("ja", "「エリア」という列が 2 つあります。2 つ目からは エリア__2 と呼びます"),
        pytest.param("en", "2 columns are called “エリア”", marks=pytest.mark.long),
    ],
)
def test_two_columns_of_one_name_are_told_apart(lang, says, visit, page, bring, unchanged):
    visit("import_data", lang=lang)
    bring("ユーザー一覧_20260401.csv", "ユーザーID,エリア,エリア\r\n0001,関東,東京\r\n".encode())
    expect(page.locator(".st-key-open_file")).to_contain_text(says)
    expect(page.get_by_role("button", name=IMPORT[lang])).to_be_enabled()
    goes_on(page)


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("ja", "「ユーザー ID」に当たる列を選ぶと、取り込めます"),
        pytest.param("en", 'Choose a column for "User ID" to import', marks=pytest.mark.long),
    ],
)
def test_a_roster_without_ids_says_which_column_it_needs(lang, says, visit, page, bring, unchanged):
    visit("import_data", lang=lang)
    bring("ユーザー一覧_20260401.csv", "エリア,区分\r\n関東,営業\r\n近畿,店舗\r\n".encode("cp932"))
    box = page.locator(".st-key-open_file")
    expect(box.get_by_role("combobox", name=KIND[lang], exact=True)).to_have_value(ROSTER_KIND[lang])
    expect(alert(page)).to_contain_text(says)
    expect(page.get_by_role("button", name=IMPORT[lang])).to_be_disabled()
    goes_on(page)


EVERY_ROW_REFUSED = [
    (
        "ja",
        "ユーザー一覧_20260401.csv",
        "ユーザーID,エリア\r\n,関東\r\n,近畿\r\n",
        "「ユーザー一覧_20260401.csv」には取り込める行がありません（2 行とも取り込めませんでした）。"
        "2 行目「ユーザーID」：必要な値が空です",
    ),
    (
        "en",
        "logins.csv",
        "日時,ユーザーID\r\n2026/13/45,0001\r\n2026/02/30,0002\r\n",
        "No row of “logins.csv” can be imported: all 2 rows were refused. Row 2, “日時”:",
    ),
    (
        "ja",
        "ログイン履歴.csv",
        "日時,ユーザーID\r\nいつか,0001\r\n未定,0002\r\n",
        "「ログイン履歴.csv」には取り込める行がありません（2 行とも取り込めませんでした）。"
        "2 行目「日時」：日付として読めません",
    ),
]


@pytest.mark.long
@pytest.mark.parametrize(
    ("lang", "name", "text", "says"),
    [
        pytest.param(*EVERY_ROW_REFUSED[0], id="ids", marks=pytest.mark.long),
        pytest.param(*EVERY_ROW_REFUSED[1], id="dates en", marks=pytest.mark.long),
        pytest.param(*EVERY_ROW_REFUSED[2], id="dates ja"),
    ],
)
def test_a_file_of_which_no_row_can_be_imported_names_row_and_column(
    lang, name, text, says, visit, page, bring, unchanged
):
    visit("import_data", lang=lang)
    bring(name, text.encode("cp932"))
    if "日時" in text:  # a column without a single date is not proposed: the reader says what it is
        choose(page, KIND[lang], re.compile(f"^{re.escape(LOG_KIND[lang])}$"))
        choose(page, MOMENT[lang], re.compile("^日時"))
    page.get_by_role("button", name=IMPORT[lang]).click()
    expect(alert(page)).to_contain_text(says, timeout=120_000)
    settled(page)
    goes_on(page)
    reads_on(page, lang)


@pytest.mark.long
def test_rows_whose_dates_are_no_dates_stand_beside_those_that_came_in(server, visit, page, bring):
    before = state(server.workspace)
    visit("import_data")
    bring("ログイン履歴_2.csv", "日時,ユーザーID\r\n2026/03/01,0001\r\nいつか,0001\r\n2026/02/30,0002\r\n".encode())
    page.get_by_role("button", name=IMPORT["ja"]).click()
    done = page.locator(".st-key-imported")
    expect(done).to_contain_text("読んだ行 3 ＝ 取り込んだ行 1 ＋ 重複 0 ＋ 取り込めなかった行 2", timeout=120_000)
    lines = done.locator("[data-testid=stDataFrame] table[role=grid]").last.locator("tbody tr")
    expect(lines).to_have_count(2)
    assert [line.locator("td").all_inner_texts()[:4] for line in lines.all()] == [
        ["3", "日付として読めません", "いつか", "日時"],
        ["4", "存在しない日付です", "2026/02/30", "日時"],
    ]
    imports, files = state(server.workspace)
    assert imports[:-1] == before[0]
    assert files > before[1]


def incoming(server: Server) -> list[Path]:
    return [path for path in (server.workspace / "incoming").rglob("*") if path.is_file()]


@pytest.mark.long
def test_a_two_gigabyte_file_is_refused_without_being_sent(visit, page, server, tmp_path, unchanged):
    path = tmp_path / "大きい.csv"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)  # sparse: no room on the disk
    waiting, sent = set(incoming(server)), []
    page.on("request", lambda request: sent.append(request.url))
    for lang, says in (
        (
            "ja",
            "大きい.csv は 2.0 GB あります。取り込めるのは 1 ファイル 1.5 GB までです。期間を分けて書き出してください",
        ),
        ("en", "1.5 GB"),
    ):
        visit("import_data", lang=lang)
        page.locator("input[type=file]").first.set_input_files(path)
        expect(page.get_by_role("alert").filter(has_text="2.0 GB")).to_contain_text(says)
    assert not [url for url in sent if "/api/upload" in url]
    assert set(incoming(server)) == waiting
    reads_on(page, "en")


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("ja", ("2020年1月1日 – 3月31日 の利用履歴はありません", "2026年1月5日から 2026年3月31日まで")),
        pytest.param("en", ("There is no activity in", "5 January 2026"), marks=pytest.mark.long),
    ],
)
def test_a_period_without_data_says_from_when_to_when_there_is_any(lang, says, server, page, unchanged):
    page.goto(f"{server.url}/active_rate?lang={lang}&period=2020-01-01..2020-03-31")
    settled(page)
    for words in says:
        expect(page.locator(".st-key-no_data")).to_contain_text(words)
    assert page.get_by_test_id("stException").count() == 0
    page.goto(f"{server.url}/active_rate?lang={lang}&period=2026-01-01..2026-03-31")
    expect(page.locator(".st-key-headline")).to_contain_text(re.compile("2 (/|of) 2"))
