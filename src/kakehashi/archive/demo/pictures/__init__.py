"""Lead pictures of the demo newsroom, printed rather than photographed: deterministic, ink on paper with one accent."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from random import Random

from kakehashi.archive.demo.pictures import halls, land, sea, town
from kakehashi.archive.demo.pictures.press import Sheet

MOTIFS: Mapping[str, Callable[[Sheet], None]] = {
    "assembly": halls.assembly,
    "bridge": sea.bridge,
    "ferry": sea.ferry,
    "fields": land.fields,
    "forest": land.forest,
    "harbour": town.harbour,
    "lighthouse": sea.lighthouse,
    "market": town.market,
    "mountains": land.mountains,
    "night-city": town.night_city,
    "ornaments": land.type_case,
    "stadium": halls.stadium,
    "stage": halls.stage,
    "turbines": sea.turbines,
    "waves": sea.waves,
}


def make_picture(motif: str, *, seed: str) -> bytes:
    """One print of a motif as a JPEG of 1600 × 1000 pixels; the same motif and seed give the same picture.

    Raises `KeyError` for an unknown motif.
    """
    sheet = Sheet(Random(f"{motif}/{seed}"))
    MOTIFS[motif](sheet)
    out = io.BytesIO()
    sheet.finish().save(out, "JPEG", quality=56, optimize=True, progressive=True)
    return out.getvalue()
