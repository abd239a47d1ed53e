"""Seeds derived from one seed and from what they are for, so that no two draws share a stream by accident."""

import hashlib


def derive_seed(seed: int, *words: str | int) -> int:
    """A seed in 0..2**31-1, the same on every machine for the same ``seed`` and ``words``."""
    text = "/".join(str(word) for word in (seed, *words))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
