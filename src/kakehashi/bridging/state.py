"""A fitted model as one file: a line that says what it is, the version and a checksum, then arrays. No code in it.

    b"kakehashi-bridging\\n" | version (2 bytes, big-endian) | SHA-256 of version and rest (32 bytes) | NumPy's .npz

Ids that are not integers are stored as JSON and must be texts.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.errors import StateError
from kakehashi.bridging.fit import Shared
from kakehashi.bridging.half import Side
from kakehashi.bridging.learned import Camps, Learned, Voters, Weighing
from kakehashi.bridging.prior import Prior

MAGIC = b"kakehashi-bridging\n"
VERSION = 1
HEAD = len(MAGIC) + 2 + hashlib.sha256().digest_size


def pack(params: dict[str, Any], learned: Learned) -> bytes:
    """The file's bytes. `StateError` where ids are neither integers nor texts."""
    voters, weighing, shared = learned.voters, learned.weighing, learned.shared
    facts = {
        "params": params,
        "mu": shared.mu,
        "s2": shared.s2,
        "weighing": [weighing.k0, weighing.typical, weighing.power],
    }
    arrays = {
        "facts": _json(facts),
        "voter_ids": _ids_out(voters.ids),
        "item_ids": _ids_out(learned.item_ids),
        "voter_mean": voters.side.mean,
        "voter_cov": voters.side.cov,
        "voter_n": voters.n,
        "membership": voters.membership,
        "item_mean": learned.items.mean,
        "item_cov": learned.items.cov,
        "tau_voter": shared.tau_voter,
        "tau_item": shared.tau_item,
        "camp_share": learned.camps.share,
        "camp_table": learned.camps.table,
        "prior_mean": learned.prior.mean,
        "prior_loading": learned.prior.loading,
        "prior_own": learned.prior.own,
    }
    body = io.BytesIO()
    np.savez(body, allow_pickle=False, **arrays)
    content = body.getvalue()
    version = VERSION.to_bytes(2, "big")
    return MAGIC + version + hashlib.sha256(version + content).digest() + content


def unpack(data: bytes) -> tuple[dict[str, Any], Learned]:
    """Parameters and what was learned, from bytes that `pack` made. `StateError` says what is wrong with others."""
    content = _checked(data)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _learned({name: arrays[name] for name in arrays.files})
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise StateError("The saved model cannot be read although its checksum is right: fit it anew.") from error


def _checked(data: bytes) -> bytes:
    if not data.startswith(MAGIC):
        raise StateError("This is not a saved model: it does not begin with “kakehashi-bridging”.")
    version = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 2], "big")
    if len(data) >= HEAD and version > VERSION:
        raise StateError(
            f"The saved model has format version {version}; this Kakehashi reads up to {VERSION}. "
            "Update Kakehashi, or fit the model anew."
        )
    content = data[HEAD:]
    if hashlib.sha256(data[len(MAGIC) : len(MAGIC) + 2] + content).digest() != data[len(MAGIC) + 2 : HEAD]:
        raise StateError("The saved model is damaged: its checksum is wrong. Restore it, or fit it anew.")
    return content


def _learned(arrays: dict[str, NDArray[Any]]) -> tuple[dict[str, Any], Learned]:
    facts = json.loads(arrays["facts"].tobytes())
    shared = Shared(facts["mu"], facts["s2"], arrays["tau_voter"], arrays["tau_item"])
    voters = Voters(
        _ids_in(arrays["voter_ids"]),
        Side(arrays["voter_mean"], arrays["voter_cov"]),
        arrays["voter_n"],
        arrays["membership"],
    )
    learned = Learned(
        shared,
        voters,
        _ids_in(arrays["item_ids"]),
        Side(arrays["item_mean"], arrays["item_cov"]),
        Camps(arrays["camp_share"], arrays["camp_table"]),
        Weighing(*facts["weighing"]),
        Prior(arrays["prior_mean"], arrays["prior_loading"], arrays["prior_own"]),
    )
    return facts["params"], learned


def _json(value: Any) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def _ids_out(ids: NDArray[Any]) -> NDArray[Any]:
    if ids.dtype.kind == "i":
        return ids
    if not all(isinstance(one, str | int) for one in ids.tolist()):
        raise StateError("Only ids that are integers or texts can be saved.")
    return _json(ids.tolist())


def _ids_in(stored: NDArray[Any]) -> NDArray[Any]:
    if stored.dtype.kind == "i":
        return stored
    ids = json.loads(stored.tobytes())
    array = np.empty(len(ids), object)
    array[:] = ids
    return array
