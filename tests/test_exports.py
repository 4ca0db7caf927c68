"""Reading exports: encodings, delimiters, titles, headers, workbooks."""

import io
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from analysis.errors import ChoiceError, HeaderLineError
from analysis.exports import read_export

LOGINS = (
    "日時,ユーザーID,氏名,操作\r\n"
    "2026/4/1 9:05,00012,山田 太郎,ログイン\r\n"
    '"2026/04/02 10:00:00",00013,髙橋①,"検索\r\n二行目"\r\n'
)
CODECS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8-sig",
    "cp932": "cp932",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}


def read(text, codec="utf-8", **options):
    data = text if isinstance(text, bytes) else text.encode(codec)
    return read_export(io.BytesIO(data), name="file.csv", **options)


def codes(export):
    return [finding.code for finding in export.findings]


def workbook(*rows, sheets=None):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, content in (sheets or {}).items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_every_encoding_and_line_end_gives_the_same_table(codec, newline):
    export = read(LOGINS.replace("\r\n", newline), codec)
    assert export.encoding == CODECS[codec]
    assert export.columns == ("日時", "ユーザーID", "氏名", "操作")
    assert export.table["ユーザーID"].tolist() == ["00012", "00013"]
    assert export.table["氏名"].tolist() == ["山田 太郎", "髙橋①"]
    assert export.table["操作"].tolist() == ["ログイン", "検索\n二行目"]


@pytest.mark.parametrize("word", ["有効", "無効", "山田", "営業部", "受注"])
def test_utf8_is_tried_before_cp932_which_would_take_it(word):
    assert word.encode().decode("cp932", errors="replace")
    assert read(f"a\n{word}\n").table["a"].tolist() == [word]


def test_a_byte_that_is_not_utf8_late_in_the_file_is_seen():
    export = read("id,名\n".encode("cp932") + b"1,x\n" * 700_000 + "2,髙\n".encode("cp932"))
    assert export.encoding == "cp932"
    late = read(b"id,n\n" + b"1,x\n" * 700_000 + "2,髙\n".encode("cp932"))
    assert late.encoding == "cp932"


@pytest.mark.parametrize(("delimiter", "finding"), [(",", None), ("\t", "delimiter_tab"), (";", "delimiter_semicolon")])
def test_the_delimiter_is_found(delimiter, finding):
    export = read(f'id{delimiter}メモ{delimiter}n\n1{delimiter}"a,b;c\td"{delimiter}1.5\n2{delimiter}x{delimiter}2\n')
    assert export.delimiter == delimiter
    assert export.table["メモ"].tolist() == ["a,b;c\td", "x"]
    assert (finding in codes(export)) == bool(finding)


def test_a_file_of_one_column_is_read():
    export = read("ユーザーID\n001\n\n002\n")
    assert export.columns == ("ユーザーID",)
    assert export.table["ユーザーID"].tolist() == ["001", "002"]


@pytest.mark.parametrize(
    "title",
    [
        "ユーザー一覧\n",
        "ユーザー一覧,,,\n出力日,2026/4/1,,\n\n",
        "# ----\n# 期間: 2026/4\n",
        "部署：営業部,期間：4 月,出力者：山田\n",
    ],
)
def test_lines_above_the_header_are_left_out(title):
    export = read(title + "ユーザーID,氏名,エリア,利用開始日\n1,a,関東,2026/4/1\n2,b,中部,2026/4/1\n")
    assert export.columns == ("ユーザーID", "氏名", "エリア", "利用開始日")
    assert export.header_row == title.count("\n") + 1
    assert len(export.table) == 2
    assert "title_lines" in codes(export)


def test_a_header_can_be_given_by_its_line():
    text = "x,y\n\nid,name\n1,2\n"
    assert read(text, header=3).columns == ("id", "name")
    assert read(text, header=0).columns == ("#1", "#2")
    assert len(read(text, header=0).table) == 3
    with pytest.raises(HeaderLineError, match="Line 2 "):
        read(text, header=2)


def test_a_file_without_a_header_says_so():
    export = read("1,2026/4/1,10\n2,2026/4/2,20\n")
    assert "header_guessed" in codes(export)


def test_names_of_columns_are_unique_and_trimmed():
    export = read(" 送料 ,送料,ＩＤ,id,,Ｘ\n1,2,3,4,5,6\n")
    assert export.columns == ("送料", "送料__2", "ＩＤ", "id__2", "#5", "Ｘ")
    repeated = [finding for finding in export.findings if finding.code == "repeated_header"]
    assert repeated[0].text("ja") == "「送料」という列が 2 つあります。2 つ目からは 送料__2 と呼びます。"
    assert "unnamed_columns" in codes(export)


def test_a_column_called_like_our_own_is_read():
    assert read("_line,id\n7,1\n").table["_line__2"].tolist() == ["7"]


def test_trailing_delimiters_are_no_column():
    export = read("id,name,\n1,a,\n2,b,\n")
    assert export.columns == ("id", "name")
    assert export.table["name"].tolist() == ["a", "b"]
    assert "long_rows" not in codes(export)


def test_a_sample_reads_the_first_rows_only():
    export = read("id\n" + "\n".join(map(str, range(5000))))
    assert export.sample(3)["id"].tolist() == ["0", "1", "2"]
    assert len(export.table) == 5000


def test_a_path_and_a_file_are_the_same(tmp_path):
    path = tmp_path / "一覧 2026.csv"
    path.write_bytes(LOGINS.encode())
    with path.open("rb") as file:
        both = read_export(path), read_export(file)
    assert both[0].name == both[1].name == "一覧 2026.csv"
    assert both[0].sha256 == both[1].sha256
    assert both[0].size == path.stat().st_size


def test_a_copy_goes_with_its_export():
    export = read(LOGINS)
    path = export.path
    assert path.exists()
    del export
    assert not path.exists()


def test_cells_of_a_workbook_become_text():
    export = read(
        workbook(
            ["ユーザー一覧"],
            [],
            ["ID", "番号", "日時", "日", "時刻", "長さ", "率", "有効"],
            ["007", 12, datetime(2026, 4, 1, 9, 5), date(2026, 4, 1), time(9, 5), timedelta(hours=30), 0.1, True],
            ["008", 123456789012345, None, None, None, None, -2.5, False],
        )
    )
    assert export.encoding is None
    assert export.header_row == 3
    first, second = export.table.to_numpy().tolist()
    assert first == ["007", "12", "2026-04-01 09:05:00", "2026-04-01", "09:05:00", "30:00:00", "0.1", "TRUE"]
    assert second == ["008", "123456789012345", "", "", "", "", "-2.5", "FALSE"]
    assert [line for batch in export.batches() for line in batch.column("_line").to_pylist()] == [4, 5]


def test_a_workbook_under_the_name_of_a_csv_is_read_as_what_it_is():
    assert read(workbook(["id", "n"], [1, 2])).table["id"].tolist() == ["1"]


def test_the_sheet_with_rows_is_chosen_or_named():
    data = workbook(sheets={"一覧": [["id"], ["a"]], "別": [["x"], ["b"], ["c"]]})
    assert read(data).sheet == "一覧"
    assert read(data, sheet="別").table["x"].tolist() == ["b", "c"]
    assert "sheets" in codes(read(data))
    with pytest.raises(ChoiceError, match="一覧"):
        read(data, sheet="ない")


def test_every_finding_is_a_sentence_in_both_languages():
    export = read("題\nid;送料;送料;\n1;2;3;4\n2;1\n3;1;1;1;9\n合計;;6\n", "utf-16")
    list(export.batches())
    for language in ("ja", "en"):
        assert all(finding.text(language).strip() for finding in export.findings)
    assert len(codes(export)) >= 6
