"""Product groups as data: what a rule catches, what is refused, and the table that is kept in a spreadsheet."""

import fnmatch
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis as an
from analysis.errors import (
    AnalysisError,
    DuplicateGroupError,
    DuplicateGroupingError,
    EmptyGroupError,
    GroupDatesError,
    GroupNameError,
    GroupRuleError,
    MissingColumnError,
    NoGroupError,
    ProductGroupsTextError,
    UnknownGroupingError,
)
from analysis.product_group_files import groups_table, read_groups
from analysis.product_groups import Grouping, Groupings, ProductGroup
from analysis.product_rules import GroupRule, attribute, attribute_text, fits

SERUM = {
    "name": "種類",
    "groups": [
        {"name": "美容液", "rules": [{"kind": "code", "value": "BE-030"}, {"kind": "prefix", "value": "sp-be"}]},
        {"name": "化粧水", "rules": [{"kind": "pattern", "value": "LO-*", "valid_from": "2025-04-01"}]},
    ],
}
FILE = """分け方,グループ,条件,値,いつから,いつまで
種類,美容液,コード,BE-030,,
種類,美容液,コードの先頭,SP-BE,2025/4/1,2025年9月30日
種類,化粧水,ほかの列,商品名=*化粧水*,,
売り方,定期,コードの形,*T,,
"""


def groups_file(text, encoding="utf-8-sig", **options):
    return read_groups(an.read_export(BytesIO(text.encode(encoding)), name="groups.csv"), **options)


# What a rule catches


@pytest.mark.parametrize(
    ("kind", "value", "caught", "missed"),
    [
        ("code", "BE-030", ["BE-030", "be-030", " ＢＥ－０３０ "], ["BE-030T", "BE-03", "XBE-030", "BE030"]),
        ("prefix", "be-0", ["BE-030", "ＢＥ-０３", "BE-0"], ["XBE-030", "BE-", ""]),
        ("pattern", "BE-0?0", ["BE-030", "be-0x0"], ["BE-0300", "BE-00", "XBE-030"]),
        ("pattern", "＊T", ["BE-030T", "t"], ["T1"]),
        ("pattern", "*", ["x", ""], []),
        ("pattern", "B.-0[3]0", ["b.-0[3]0"], ["BE-030"]),  # no regular expression
    ],
)
def test_a_rule_about_codes_looks_at_the_whole_code_without_width_or_case(kind, value, caught, missed):
    rule = GroupRule(kind, value)
    assert [code for code in [*caught, *missed] if rule.catches(code)] == caught


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_a_pattern_says_what_a_shell_says(pattern, code):
    assert fits(code, pattern) == fnmatch.fnmatchcase(code, pattern)


def test_a_pattern_made_to_be_slow_is_not():
    assert not fits("a" * 2_000, "*a" * 200 + "b")


@pytest.mark.parametrize(
    ("written", "tree"),
    [
        ("商品名=美容液", {"column": "商品名", "in": ["美容液"]}),
        (" 店 ＝ 東, 西 ", {"column": "店", "in": ["東", "西"]}),
        ("店=東,", {"column": "店", "in": ["東", None]}),
        ("店!=東", {"column": "店", "not_in": ["東"]}),
        ("商品名=美容*", {"column": "商品名", "starts_with": "美容"}),
        ("商品名=＊美容＊", {"column": "商品名", "contains": "美容"}),
        ("商品名！＝*見本*", {"not": {"column": "商品名", "contains": "見本"}}),
        ("式=a=b", {"column": "式", "in": ["a=b"]}),
        ('{"any": [{"column": "値", "at_least": 3}]}', {"any": [{"column": "値", "at_least": 3}]}),
    ],
)
def test_an_attribute_is_written_as_a_reader_would(written, tree):
    assert attribute(written).tree == tree


VALUES = st.one_of(st.none(), st.text("a,*=!{ ", min_size=1, max_size=4), st.integers(0, 3))
TESTS = st.one_of(
    st.builds(lambda values: {"in": values}, st.lists(VALUES, max_size=3)),
    st.builds(lambda values: {"not_in": values}, st.lists(VALUES, max_size=3)),
    st.builds(lambda value: {"contains": value}, st.text("a,*", min_size=1, max_size=3)),
    st.builds(lambda value: {"starts_with": value}, st.text("a,*", min_size=1, max_size=3)),
    st.builds(lambda value: {"below": value}, st.integers()),
)


@settings(max_examples=200)
@given(st.sampled_from(["店", "a=b", "a!", "{", "all"]), TESTS, st.booleans())
def test_an_attribute_is_the_same_after_it_was_written(column, test, against):
    leaf = {"column": column, **test}
    rule = an.Rule({"not": leaf} if against else leaf)
    assert attribute(attribute_text(rule)).tree == rule.tree


# What is kept


def test_a_grouping_reads_back_what_it_wrote():
    grouping = Grouping.of(SERUM)
    assert Grouping.of(grouping.to_json()) == grouping
    assert Groupings.from_json(Groupings((grouping,)).to_json()) == Groupings((grouping,))
    assert grouping.groups[1].rules[0].valid_from == date(2025, 4, 1)
    assert grouping.dated
    assert grouping.names == ("美容液", "化粧水")


def test_groupings_stand_side_by_side():
    first, second = Grouping.of(SERUM), Grouping.of({**SERUM, "name": "売り方"})
    both = Groupings().put(first).put(second)
    assert both.names == ("種類", "売り方")
    changed = Grouping("種類", first.groups[:1])
    assert both.put(changed).names == both.names
    assert both.put(changed)["種類"] == changed
    assert both.without("種類").names == ("売り方",)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Grouping("種類", ()), NoGroupError, "種類"),
        (lambda: ProductGroup("美容液", ()), EmptyGroupError, "美容液"),
        (lambda: ProductGroup(" ", (GroupRule("code", "A"),)), GroupNameError, "cannot be the name"),
        (lambda: ProductGroup("(Other)", (GroupRule("code", "A"),)), GroupNameError, r"\(Other\)"),
        (lambda: Grouping("－", Grouping.of(SERUM).groups), GroupNameError, "－"),
        (lambda: Grouping("", Grouping.of(SERUM).groups), GroupNameError, "cannot be the name"),
        (lambda: GroupRule("regex", "A"), GroupRuleError, "regex"),
        (lambda: GroupRule("code", "　"), GroupRuleError, "code"),
        (lambda: GroupRule("attribute", "美容液"), GroupRuleError, "column=value"),
        (lambda: GroupRule("attribute", "商品名=*美容"), GroupRuleError, "商品名"),
        (lambda: GroupRule("attribute", "商品名=*"), GroupRuleError, "商品名"),
        (lambda: GroupRule("attribute", '{"column": 1}'), GroupRuleError, "column"),
        (lambda: GroupRule("code", "A", date(2026, 4, 2), date(2026, 4, 1)), GroupDatesError, "2026-04-02"),
        (lambda: GroupRule("code", "A", None, date.max), GroupDatesError, "9999-12-31"),
        (lambda: Grouping("x", Grouping.of(SERUM).groups * 2), DuplicateGroupError, "美容液"),
        (lambda: Groupings((Grouping.of(SERUM),) * 2), DuplicateGroupingError, "種類"),
        (lambda: Groupings()["種類"], UnknownGroupingError, "種類"),
        (lambda: Grouping.of("{"), ProductGroupsTextError, "{"),
        (lambda: Grouping.of('{"name": "x", "groups": [], "version": 2}'), ProductGroupsTextError, "version"),
        (lambda: Grouping.of({"name": "x"}), ProductGroupsTextError, "x"),
        (lambda: Groupings.from_json("[]"), ProductGroupsTextError, r"\[\]"),
        (lambda: Groupings.from_json('{"version": 1, "groupings": [3]}'), ProductGroupsTextError, "3"),
    ],
)
def test_what_is_no_group_is_refused_in_a_sentence(make, error, words):
    with pytest.raises(error, match=words):
        make()


# The table


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "utf-8"])
def test_a_table_from_a_spreadsheet_is_read(encoding):
    found = groups_file(FILE.replace("\n", "\r\n"), encoding)
    assert found.refused == {}
    assert found.groupings.names == ("種類", "売り方")
    serum, lotion = found.groupings["種類"].groups
    assert serum.rules == (
        GroupRule("code", "BE-030"),
        GroupRule("prefix", "SP-BE", date(2025, 4, 1), date(2025, 9, 30)),
    )
    assert lotion.rules == (GroupRule("attribute", "商品名=*化粧水*"),)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_table_reads_back_what_was_written(language):
    rules = ({"kind": "code", "value": "-0012"}, {"kind": "attribute", "value": {"column": "店", "in": ["a,b", None]}})
    groupings = Groupings((Grouping.of(SERUM), Grouping.of({"name": "店", "groups": [{"name": "=x", "rules": rules}]})))
    table = groups_table(groupings, language)
    safe = table.map(lambda value: f"'{value}" if value[:1] in "=-" and value else value)
    assert groups_file(safe.to_csv(index=False)).groupings == groupings


def test_columns_may_stand_in_any_order_and_grouping_and_days_be_missing():
    found = groups_file("value,rule,group,memo\nA-1,code,a,x\nA-2,CODE,ａ,y\n", name="mine")
    assert found.groupings == Groupings((Grouping("mine", found.groupings["mine"].groups),))
    assert [rule.value for rule in found.groupings["mine"].groups[0].rules] == ["A-1", "A-2"]
    assert groups_file("value,rule,group\nA-1,code,a\nA-2,code,a\n").groupings.names == ("groups",)


def test_a_line_that_cannot_be_read_is_refused_and_the_rest_stands():
    bad = ["美容液,コード,,,", ",コード,A,,", "x,なにか,A,,", "x,コード,A,昨日,", "x,コード,A,2026-04-02,2026-04-01"]
    found = groups_file(FILE + "".join(f"種類,{line}\n" for line in bad))
    assert found.groupings == groups_file(FILE).groupings
    assert {line: type(error) for line, error in found.refused.items()} == {
        6: GroupRuleError,
        7: GroupNameError,
        8: GroupRuleError,
        9: GroupDatesError,
        10: GroupDatesError,
    }
    assert "昨日" in found.refused[9].text("ja")


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("グループ,条件\n美容液,コード\n", MissingColumnError, "value"),
        ("グループ,条件,値\n美容液,なにか,A\n", GroupRuleError, "なにか"),
        ("グループ,条件,値\n", AnalysisError, "groups.csv"),
    ],
)
def test_a_file_without_a_rule_is_refused_in_a_sentence(text, error, words):
    with pytest.raises(error, match=words):
        groups_file(text)
