"""Bad input: every file gets a sentence that names it, and where, and what to do."""

import io
import random
import zipfile

import pytest

from analysis import errors
from analysis.exports import read_export
from tests.test_exports import workbook

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def archive():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("a.txt", "x")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"", errors.EmptyFileError, "empty"),
        (b" \r\n\r\n", errors.EmptyFileError, "empty"),
        (b"\xef\xbb\xbf", errors.EmptyFileError, "empty"),
        (b",,\n,,\n", errors.EmptyFileError, "empty"),
        (PNG, errors.NotATableError, "PNG"),
        (b"%PDF-1.7 ...", errors.NotATableError, "PDF"),
        (archive(), errors.NotATableError, "ZIP"),
        (OLE, errors.NotATableError, "OLE"),
        (b"id,n\n1,\x00\n", errors.NotATableError, "binary"),
        (bytes(range(1, 32)) * 20, errors.NotATableError, "binary"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), errors.PasswordProtectedError, "password"),
        (b"<html><table><tr><td>1</td></tr></table></html>", errors.WebPageError, "web page"),
        (b'<?xml version="1.0"?><Workbook/>', errors.WebPageError, "web page"),
        ("ユーザーID,氏名\n".encode(), errors.OnlyHeaderError, "line 1: ユーザーID, 氏名"),
        (b"id,n\n1,2\n3,\xff\xfe\xfd\n", errors.UndecodableError, "Line 3 .* UTF-8, CP932"),
        (workbook(["id", "n"]), errors.OnlyHeaderError, "line 1"),
        (workbook(), errors.EmptyFileError, "empty"),
    ],
)
def test_a_file_that_is_no_table(data, error, says):
    with pytest.raises(error, match=says) as raised:
        read_export(io.BytesIO(data), name="名簿.csv")
    assert "名簿.csv" in str(raised.value)
    assert "名簿.csv" in raised.value.text("ja")


def test_bytes_that_do_not_fit_the_chosen_encoding_name_their_line():
    data = b"id,n\r\n" + b"1,2\r\n" * 700_000 + b"3,\xff\r\n4,5\r\n"
    export = read_export(io.BytesIO(data), name="x.csv", encoding="utf-8")
    with pytest.raises(errors.UndecodableError, match="Line 700,002 "):
        list(export.batches())


def test_a_file_that_is_not_there():
    with pytest.raises(errors.NoFileError, match=r"no file “nowhere.csv”"):
        read_export("nowhere.csv")


@pytest.mark.parametrize(
    "options", [{"encoding": "klingon"}, {"encoding": "rot13"}, {"delimiter": "ab"}, {"delimiter": '"'}]
)
def test_an_option_that_does_not_exist(options):
    with pytest.raises(errors.ChoiceError, match=next(iter(options))):
        read_export(io.BytesIO(b"a,b\n1,2\n"), name="x.csv", **options)


def test_two_columns_of_one_name_are_a_finding_and_no_error():
    export = read_export(io.BytesIO("id,送料,送料\n1,2,3\n".encode()), name="x.csv")
    assert export.columns == ("id", "送料", "送料__2")


def damaged(dice):
    """A workbook whose parts hold a few wrong characters, or lack."""
    whole, result = zipfile.ZipFile(io.BytesIO(workbook(["id", "n"], [1, "a"], [2.5, "b"]))), io.BytesIO()
    with zipfile.ZipFile(result, "w") as file:
        for name in whole.namelist():
            content = bytearray(whole.read(name))
            for _ in range(dice.choice([0, 0, 1, 3])):
                content[dice.randrange(len(content))] = dice.choice(b'<>"/0aZ9&;')
            if dice.random() > 0.03:
                file.writestr(name, bytes(content))
    return result.getvalue()


def test_a_damaged_workbook_is_a_table_or_a_sentence():
    dice, met = random.Random(5), set()
    for _ in range(150):
        try:
            export = read_export(io.BytesIO(damaged(dice)), name="x.xlsx")
            met.add(sum(batch.num_rows for batch in export.batches()) > 0)
        except errors.AnalysisError as error:
            met.add(error.code)
    assert {True, "damaged_file", "not_a_table"} <= met


def test_a_workbook_that_was_cut_off():
    data = workbook(["id", "n"], *[[number, "a"] for number in range(50)])
    for length in range(4, len(data), 97):
        with pytest.raises(errors.AnalysisError, match=r"x\.xlsx"):
            list(read_export(io.BytesIO(data[:length]), name="x.xlsx").batches())
