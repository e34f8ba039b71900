"""What a data set of HDF5 declares, held against the bytes that the file keeps for it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import h5py

#: Deflate makes 258 bytes of two bits at most (RFC 1951).
MOST_TIMES = 1032
#: Deflate, shuffle and Fletcher's checksum by their numbers: what is written here. Other filters
#: may turn nothing into anything, or load a library.
_FILTERS = frozenset((1, 2, 3))


def declared_bytes(dataset: h5py.Dataset) -> int:
    """Bytes that reading a whole data set takes, before any of them is allocated.

    Raises:
        ValueError: The file keeps too few bytes for them, or packs them in an unknown way.
    """
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(index)[0] for index in range(plan.get_nfilters())]
    if not _FILTERS.issuperset(filters) or filters.count(1) > 1:
        raise ValueError(f"{dataset.name} is packed in a way that is not read")
    # A chunk is unpacked whole, and may be larger than the data set.
    chunk = prod(dataset.chunks) * dataset.dtype.itemsize if dataset.chunks else 0
    declared = max(int(dataset.nbytes), chunk)
    kept = int(dataset.id.get_storage_size())
    if declared > MOST_TIMES * kept:
        raise ValueError(f"{dataset.name} declares {declared} bytes and {kept} are in the file")
    return declared
