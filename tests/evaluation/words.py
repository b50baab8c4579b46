"""Words of texts, as the baselines and the measures count them."""

import itertools
import re
from collections.abc import Sequence

import bm25s  # pyright: ignore[reportMissingTypeStubs]

_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{2,}")


def words_of(texts: Sequence[str]) -> list[list[str]]:
    """Return each text's words in lower case without English stop words; of Chinese and Japanese, pairs of characters."""
    spaced = [_UNSPACED.sub(lambda run: f" {' '.join(map(''.join, itertools.pairwise(run[0])))} ", t) for t in texts]
    return bm25s.tokenize(spaced, stopwords="en", return_ids=False, show_progress=False)  # pyright: ignore
