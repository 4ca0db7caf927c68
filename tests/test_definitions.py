"""Every number of the active rate family has its words, once, in both languages."""

import pytest

from analysis.definitions import ACTIVE_RATE, DEFINITIONS, PARTS, SHARED
from analysis.moves import MOVES
from analysis.people import STATES
from analysis.roster import MEASURES
from analysis.words import LANGUAGES, catalogue


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", DEFINITIONS)
def test_a_definition_says_term_sentence_formula_and_source(key, language):
    words = DEFINITIONS[key].words(language)
    assert {"term", "sentence", "formula", "source"} <= words.keys()
    assert [part for part in PARTS if part in words] == list(words)
    assert all(words.values())
    assert words["sentence"].endswith("。" if language == "ja" else ".")


def test_a_rate_says_everything():
    assert list(ACTIVE_RATE.words("ja")) == list(PARTS)
    assert ACTIVE_RATE.term("ja") == "アクティブ率"
    assert ACTIVE_RATE.rows("en")[0] == ("Term", "Active rate")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_are_left_without_a_number(language):
    written = {key for key in catalogue(language) if key.startswith("definitions.")}
    used = {f"definitions.part.{part}" for part in PARTS} | set(SHARED.values())
    used |= {f"definitions.{d.key}.{part}" for d in DEFINITIONS.values() for part in d.parts if part not in SHARED}
    assert written == used


def test_every_number_of_the_family_is_defined():
    states = {state for state in STATES if state not in ("valid", "active")}
    numbers = {
        "active_rate",
        "valid_users",
        "active_users",
        "overlap",
        "id_equation",
        "change",
        "mix_effect",
        "rate_effect",
    }
    assert numbers | states | set(MOVES) | set(MEASURES) <= set(DEFINITIONS)
