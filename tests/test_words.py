"""Words: both languages, plural forms, and errors that survive a process boundary."""

import pickle

import pytest

from analysis.errors import MissingColumnError, PeriodError
from analysis.words import text


def test_an_error_speaks_both_languages():
    error = MissingColumnError("users", "user_idd", ["user_id", "area"])
    assert str(error) == 'The table users has no column "user_idd". It has: user_id, area'
    assert error.text("ja") == "users に「user_idd」の列がありません。ある列：user_id、area"
    assert error.fields["near"] == ["user_id"]


def test_an_error_survives_pickling():
    error = pickle.loads(pickle.dumps(PeriodError("soon")))
    assert (type(error), error.fields) == (PeriodError, {"value": "soon"})


def test_a_message_that_does_not_exist_is_an_error():
    with pytest.raises(KeyError, match=r"no\.such\.key"):
        text("ja", "no.such.key")
