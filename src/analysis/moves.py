"""What becomes of a person between two periods, and the numbers that tell of it."""

# what a person is, by: valid before, valid now, active before, active now
MOVES: dict[str, tuple[int | None, ...]] = {
    "began": (1, 1, 0, 1),
    "stopped": (1, 1, 1, 0),
    "kept": (1, 1, 1, 1),
    "neither": (1, 1, 0, 0),
    "joined": (0, 1, None, None),
    "joined_active": (0, 1, None, 1),
    "left": (1, 0, None, None),
    "left_active": (1, 0, 1, None),
}
BEFORE = ("valid_before", "active_before", "rate_before")
NOW = ("valid_users", "active_users", "active_rate")
EFFECTS = ("rate_before", "active_rate", "change", "mix_effect", "rate_effect", "reversed", "partial")
