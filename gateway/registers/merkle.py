"""Root of the Merkle tree over leaf hashes, one leaf at a time in memory that grows with the logarithm of the
log.

Source: RFC 9162, section 2.1.1.
"""

from __future__ import annotations

import hashlib
from typing import Final

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """Takes leaf hashes in order; `root` may be asked at any size."""

    def __init__(self) -> None:
        self.size = 0
        self._perfect: list[bytes] = []
        """Roots of perfect subtrees, largest first: one for each 1 bit of `size`."""

    def add(self, leaf_hash: bytes) -> None:
        """Add the next leaf, already hashed with its 0x00."""
        node = leaf_hash
        size = self.size
        while size & 1:
            node = _node(self._perfect.pop(), node)
            size >>= 1
        self._perfect.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The tree's hash at the present size."""
        if not self._perfect:
            return EMPTY_ROOT
        root = self._perfect[-1]
        for left in reversed(self._perfect[:-1]):
            root = _node(left, root)
        return root
