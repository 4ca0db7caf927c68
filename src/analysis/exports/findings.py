"""What was noticed about a file, as sentences."""

from dataclasses import dataclass, field

from analysis import words


@dataclass(frozen=True)
class Finding:
    """A fact about a file that a reader should know; its sentence is `findings.<code>`."""

    code: str
    fields: dict[str, object] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """The sentence in `language`."""
        return words.text(language, f"findings.{self.code}", **words_of(self.fields, language))


def words_of(fields: dict[str, object], language: str) -> dict[str, object]:
    """Lists as a reader would write them."""
    comma = "、" if language == "ja" else ", "
    return {
        name: comma.join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in fields.items()
    }
