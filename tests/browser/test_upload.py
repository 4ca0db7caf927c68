"""From a file to the history: what an administrator does, and what goes wrong on the way."""

import re
import threading
import time

import psutil
import pytest
from playwright.sync_api import expect

ROSTER = (
    "ユーザー一覧\r\n出力日：2026/03/31\r\n"
    "ユーザーID,氏名,メールアドレス,エリア,利用開始日,利用終了日\r\n"
    "0001,佐藤 美咲,misaki@example.jp,関東,2024/04/01,\r\n"
    "0002,鈴木 拓也,takuya@example.jp,関東,2024/04/01,2026/02/28\r\n"
    "0003,高橋 誠,makoto@example.jp,近畿,2024/13/01,\r\n"
    "0004,田中 大輔,daisuke@example.jp,,2025/04/01,\r\n"
    "0004,田中 大輔,daisuke@example.jp,,2025/04/01,\r\n"
)
LOG = "日時,ユーザーID,画面\r\n" + "".join(f"2026/0{m}/05 09:0{m},000{n},検索\r\n" for m in (1, 2, 3) for n in (1, 4))


@pytest.fixture(scope="module")
def server(start):
    with start() as running:
        yield running


def import_button(page):
    return page.get_by_role("button", name=re.compile("として取り込む$"))


def history_row(page, row: int) -> list[str]:
    """The cells of a row of the history, from the table that screen readers are given."""
    grid = page.locator("[class*=st-key-history_] [data-testid=stDataFrame] table[role=grid]").last
    return grid.locator("tbody tr").nth(row).locator("td").all_inner_texts()


def test_a_roster_in_cp932_is_understood_checked_and_imported(visit, page, bring, settle):
    visit("import_data")
    bring("ユーザー一覧_20260331.csv", ROSTER.encode("cp932"))
    box = page.locator(".st-key-open_file")
    expect(box).to_contain_text("日本語（Windows 標準）")
    expect(box).to_contain_text("3 行目")
    expect(box.get_by_label("ユーザー ID（必須）")).to_have_value(re.compile("^ユーザーID"))
    for header in ("氏名", "メールアドレス"):
        expect(box.get_by_role("checkbox", name=f"{header} も取り込む")).not_to_be_checked()
    expect(import_button(page)).to_have_text(re.compile("ユーザー一覧（2026年3月31日 時点）として取り込む"))
    import_button(page).click()
    done = page.locator(".st-key-imported")
    expect(done).to_contain_text("読んだ行 5 ＝ 取り込んだ行 3 ＋ 重複 1 ＋ 取り込めなかった行 1", timeout=120_000)
    settle()


def test_refused_rows_are_downloaded_with_line_reason_and_value(page, visit, bring, settle):
    visit("import_data")
    text = ROSTER.replace("0001", "1001").replace("0002", "1002").replace("makoto", "=1+1")
    bring("ユーザー一覧_20260228.csv", text.encode("cp932"))
    import_button(page).click()
    expect(page.locator(".st-key-imported")).to_be_visible(timeout=120_000)
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("取り込めなかった 1 行")).first.click()
    content = download.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"6," in content
    assert "2024/13/01" in content.decode("utf-8-sig")
    assert "=1+1" not in content.decode("utf-8-sig")
    assert re.fullmatch(r"取り込めなかった行_\d+_[0-9a-f]{8}\.csv", download.value.suggested_filename)


@pytest.mark.long
def test_the_same_file_again_is_recognised(visit, page, bring, settle):
    visit("import_data")
    again = ROSTER.replace("佐藤", "斎藤").encode("cp932")
    bring("ユーザー一覧_20260131.csv", again)
    import_button(page).click()
    expect(page.locator(".st-key-imported")).to_be_visible(timeout=120_000)
    settle()
    bring("別の名前.csv", again)
    expect(page.locator(".st-key-open_file")).to_contain_text("2 度は取り込みません", timeout=120_000)
    expect(import_button(page)).to_have_count(0)


@pytest.mark.long
def test_two_files_at_once_come_one_after_the_other(visit, page, field, settle):
    visit("import_data")
    files = [
        {"name": "ログイン履歴.csv", "mimeType": "text/csv", "buffer": LOG.encode()},
        {"name": "次.csv", "mimeType": "text/csv", "buffer": LOG.replace("検索", "一覧").encode()},
    ]
    field().set_input_files(files)
    box = page.locator(".st-key-open_file")
    expect(box).to_contain_text("ログイン履歴.csv")
    expect(box).to_contain_text("このあと 1 ファイルあります")
    settle()
    import_button(page).click()
    expect(page.locator(".st-key-imported")).to_contain_text("読んだ行 6", timeout=120_000)
    expect(box).to_contain_text("次.csv")
    settle()
    page.get_by_role("button", name="取り除く").click()
    expect(box).to_have_count(0)


def test_a_two_gigabyte_file_is_refused_by_the_field_before_it_is_sent(visit, page):
    visit("import_data")
    page.locator("input[type=file]").evaluate(
        """input => {
            const file = new File(["a"], "大きい.csv")
            Object.defineProperty(file, "size", { value: 2e9 })
            const bag = new DataTransfer()
            bag.items.add(file)
            Object.defineProperty(input, "files", { value: [file], configurable: true })
            input.dispatchEvent(new Event("change"))
        }"""
    )
    expect(page.get_by_role("alert").filter(has_text="2.0 GB")).to_contain_text("1 ファイル 1.5 GB まで")


def test_the_field_works_from_the_keyboard(visit, page):
    opened = []
    page.on("filechooser", lambda chooser: opened.append(chooser))
    visit("import_data")
    for _ in range(10):  # a field that is drawn anew at this moment loses the key
        page.locator("input[type=file]").press("Enter")
        page.wait_for_timeout(1000)
        if opened:
            break
    assert [chooser.is_multiple() for chooser in opened] == [True]


@pytest.mark.parametrize("megabytes", [50, pytest.param(200, marks=pytest.mark.long)])
def test_a_large_upload_does_not_grow_the_servers_memory(megabytes, visit, page, server, tmp_path):
    path = tmp_path / "ログイン履歴.csv"
    line = "2026/01/05 09:00:00,00001,検索,PC\r\n".encode()
    path.write_bytes("日時,ユーザーID,画面,端末\r\n".encode() + line * (megabytes * 1_000_000 // len(line)))
    visit("import_data")
    process = psutil.Process(server.process.pid)
    before, peak, stop = process.memory_info().rss, [0], threading.Event()

    def watch():
        while not stop.is_set():
            peak[0] = max(peak[0], process.memory_info().rss)
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with page.expect_response(re.compile("/api/upload")) as answer:
        page.locator("input[type=file]").set_input_files(path)
    stop.set()
    watcher.join()
    assert answer.value.status == 200
    assert peak[0] - before < 30_000_000
    expect(page.locator(".st-key-open_file")).to_be_visible(timeout=120_000)


@pytest.mark.long
def test_the_page_stays_quick_for_others_while_a_file_is_imported(visit, page, context, server, tmp_path):
    rows = "".join(f"2026/01/{d % 28 + 1:02d} 09:00:00,{d % 9999:05d},検索\r\n" for d in range(1_000_000))
    path = tmp_path / "長い.csv"
    path.write_text("日時,ユーザーID,画面\r\n" + rows, encoding="utf-8", newline="")
    visit("import_data")
    page.locator("input[type=file]").set_input_files(path)
    expect(import_button(page)).to_be_enabled(timeout=120_000)
    import_button(page).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    other = context.new_page()
    times = []
    for name in ("erase_data", "import_data", "erase_data"):
        begun = time.monotonic()
        other.goto(f"{server.url}/{name}?lang=ja")
        expect(other.locator("h1")).to_be_visible()
        times.append(time.monotonic() - begun)
    assert sorted(times)[1] < 5
    expect(page.locator(".st-key-imported")).to_contain_text("読んだ行 1,000,000", timeout=120_000)
