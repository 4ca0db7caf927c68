"""Widths of columns whose words a table would cut."""

from dashboard import widths


def test_a_long_value_among_short_ones_gets_the_room_that_the_average_would_not_give_it():
    assert widths.of_values(["近畿", "近畿", "北海道・東北", "中部"]) == 6 * 14 + 18


def test_a_value_further_down_than_the_browser_measures_is_seen():
    assert widths.of_values(["1 位 / 384 社"] * 10 + ["100 位 / 384 社"]) == round(2 * 14 + 11 * 7.6) + 18


def test_even_values_are_left_to_the_browser_and_no_column_takes_the_whole_phone():
    assert widths.of_values(["営業", "店舗", None]) is None
    assert widths.of_values([]) is None
    assert widths.of_values(["短い"] * 9 + ["長" * 100]) == 220


def test_a_heading_with_a_number_in_a_circle_is_shown_whole():
    assert widths.of_header("③Making use") >= 14 + 10 * 7
    assert widths.of_header("①", 78) == 78
