"""A column of text as values: trimmed, blank as null. Fast where there is nothing to do."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.exports.text import SPACES


def clean(texts: pa.Array) -> pa.Array:
    """Every value without the spaces around it, null where nothing is left."""
    offsets, data = parts(texts)
    used = data[offsets[0] : offsets[-1]] if len(texts) else data[:0]
    if len(used) and used.max() > 127:
        texts = _trim_words(texts)
    elif _padded(offsets, data):
        texts = pc.utf8_trim(texts, SPACES)
    return _without_blanks(texts)


def parts(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Where every text starts (and the last one ends), and all their bytes."""
    if not len(texts):
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return offsets, np.frombuffer(texts.buffers()[2] or b"", np.uint8)


def _padded(offsets: np.ndarray, data: np.ndarray) -> bool:
    """Whether any text of plain ASCII starts or ends with a space or a control character."""
    filled = np.flatnonzero(np.diff(offsets))
    if not len(filled):
        return False
    return bool((data[offsets[filled]] <= 32).any() or (data[offsets[filled + 1] - 1] <= 32).any())


def _trim_words(texts: pa.Array) -> pa.Array:
    """Words repeat: each is trimmed once, unless most stand once."""
    coded = texts.dictionary_encode()
    if len(coded.dictionary) * 2 > len(texts):
        return pc.utf8_trim(texts, SPACES)
    trimmed = pc.utf8_trim(coded.dictionary, SPACES)
    return texts if trimmed.equals(coded.dictionary) else trimmed.take(coded.indices)


def _without_blanks(texts: pa.Array) -> pa.Array:
    offsets, _ = parts(texts)
    blank = np.diff(offsets) == 0
    return pc.if_else(pa.array(blank), pa.scalar(None, pa.string()), texts) if blank.any() else texts
