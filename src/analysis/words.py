"""Words on screen: one gettext catalogue a language and domain, read from `locales/`."""

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES = ("ja", "en")
FOLDER = Path(__file__).resolve().parents[2] / "locales"


@cache
def catalogue(language: str) -> dict[str, str | tuple[str, ...]]:
    """Every message of a language: id -> text, or (one, many) where the language tells them apart."""
    messages: dict[str, str | tuple[str, ...]] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, charset="utf-8"):
                if message.id:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    said = message.string
                    messages[key] = said if isinstance(said, str) else tuple(said or ())
    return messages


def text(language: str, key: str, /, **fields: object) -> str:
    """The message `key` in `language`, its `{fields}` filled in.

    Args:
        language: one of `LANGUAGES`.
        key: the message id, `<domain>.<name>`.
        fields: what stands in the braces; `n` chooses between one and many.

    Raises:
        KeyError: no such message; a test holds that both languages have every key.
    """
    message = catalogue(language)[key]
    if isinstance(message, tuple):
        message = message[0] if len(message) == 1 or fields.get("n") == 1 else message[1]
    return message.format(**fields) if fields else message
