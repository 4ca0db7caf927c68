# -*- coding: utf-8 -*-
"""The sentences of run.py in the reader's language; works before anything is installed, and on an old Python."""

import ast
import io
import os
import sys

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "locales")


def language():
    """GENZAICHI_LANG, else the language of the system: "ja" or "en"."""
    named = os.environ.get("GENZAICHI_LANG") or _of_the_system()
    return "ja" if named.lower().startswith("ja") else "en"


def _of_the_system():
    if os.name == "nt":
        import ctypes

        japanese = 0x11
        return "ja" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == japanese else "en"
    return next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "en")


def sentences(folder):
    """The messages of a simple catalogue: id -> text."""
    found, kind, key = {}, "", ""
    with io.open(os.path.join(folder, "setup.po"), encoding="utf-8") as file:
        for line in file:
            word, _, rest = line.strip().partition('"')
            if not rest:
                continue
            part = ast.literal_eval('u"' + rest)
            kind = word.strip() or kind
            if kind == "msgid":
                key = part if word else key + part
                found[key] = ""
            else:
                found[key] += part
    return found


def text(key, **fields):
    return sentences(os.path.join(FOLDER, language()))[key].format(**fields)


def say(key, **fields):
    """One sentence to the reader; never on standard output, which belongs to results."""
    show(text(key, **fields) + "\n")


def show(words):
    if hasattr(sys.stderr, "reconfigure"):
        sys.stderr.write(words)
    else:  # too old to be told to speak UTF-8
        getattr(sys.stderr, "buffer", sys.stderr).write(words.encode("utf-8"))
    sys.stderr.flush()


def speak_utf8():
    """Windows writes pipes and files in its own code page unless told otherwise."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
