"""Files of votes: what is right is read as it stands, what is wrong is said with file and line."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.bridging import Votes
from kakehashi.bridging.columns import FileError
from kakehashi.bridging.files import read_votes, replaced, write_table

pytestmark = pytest.mark.once

HEADER = "voter_id,item_id,value,timestamp\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], str]:
    def write(content: str | bytes) -> str:
        path = tmp_path / "votes.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


def triples(votes: Votes) -> set[tuple[str | None, str, float]]:
    rows = votes.by_voter
    known = [*votes.voter_ids.tolist(), *[None] * len(rows)]
    columns = zip(rows.row.tolist(), rows.column.tolist(), rows.halves.tolist(), strict=True)
    return {(known[voter], votes.item_ids[item], half / 2) for voter, item, half in columns}


def test_columns_are_found_by_name_and_others_left_alone(file: Callable[[str], str]) -> None:
    text = '\ufeffnote, value ,item_id,voter_id\nx,1,i1,v1\n"a,b",-1,i2,v1\ny,+1.0,i1,7\n'
    assert triples(read_votes(file(text))) == {("v1", "i1", 1), ("v1", "i2", 0), ("7", "i1", 1)}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blank_lines_and_line_breaks_in_fields_are_no_trouble(file: Callable[[str], str], end: str) -> None:
    text = end.join(["voter_id,item_id,value", "", '"v\n1",i1,1', "", "v2,i1,0.5", ""])
    assert triples(read_votes(file(text))) == {("v\n1", "i1", 1), ("v2", "i1", 0.5)}


def test_the_last_vote_counts_by_time_or_by_place(file: Callable[[str], str]) -> None:
    assert triples(read_votes(file(HEADER + "v,i,1,20\nv,i,-1,10\n"))) == {("v", "i", 1)}
    times = "v,i,1,2026-05-14T18:30:00+02:00\nv,i,-1,2026-05-14T17:00\nv,j,1,1778770000.5\n"
    assert triples(read_votes(file(HEADER + times))) == {("v", "i", 0), ("v", "j", 1)}
    assert triples(read_votes(file(HEADER + "v,i,1,\nv,i,-1,\n"))) == {("v", "i", 0)}


def test_a_vote_without_a_voter_is_somebody_elses_each_time(file: Callable[[str], str]) -> None:
    votes = read_votes(file("voter_id,item_id,value\n,i,1\n,i,1\nv,i,-1\n"))
    assert (len(votes), votes.n_voters) == (3, 1)


def test_passes_are_left_out_on_request(file: Callable[[str], str]) -> None:
    path = file("voter_id,item_id,value\nv,i,1\nw,i,0\nw,j,-1\nx,k,0\n")
    votes = read_votes(path, is_passing=True)
    assert triples(votes) == {("v", "i", 1), ("w", "j", 0)}
    assert votes.item_ids.tolist() == ["i", "j"]
    with pytest.raises(FileError, match=r"line 3: the value goes with .* but line 4 has -1"):
        read_votes(path)


ids = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1, max_size=8)


@given(st.dictionaries(st.tuples(ids, ids), st.sampled_from([1, 0, 0.5]), min_size=1, max_size=60), st.booleans())
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, votes: dict[tuple[str, str], float], is_packed: bool
) -> None:
    path = str(tmp_path_factory.mktemp("votes") / ("v.csv.gz" if is_packed else "v.csv"))
    voter, item = zip(*votes, strict=True)
    write_table(path, {"voter_id": voter, "item_id": item, "value": list(votes.values())})
    assert triples(read_votes(path)) == {(v, i, value) for (v, i), value in votes.items()}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty: its first line must name the columns"),
        (HEADER, "holds no votes"),
        ("voter,item,value\n1,2,1\n", "line 1: .* voter_id and item_id not found in “voter,item,value”"),
        ("voter_id;item_id;value\n", "separated by commas"),
        ("voter_id,item_id,value,value\n", "line 1: the column value is there more than once"),
        (HEADER + "a,b,1,5\n\na,c,maybe,6\n", "line 4: value must be 1 or -1, or 1, 0.5 or 0; found 'maybe'"),
        (HEADER + '"a\nb",c,1,5\na,"",1,6\n', "line 4: item_id must not be empty"),
        (HEADER + "a,b,2,5\n", "line 2: value must be .* found '2'"),
        (HEADER + "a,b,nan,5\n", "line 2: value must be"),
        (HEADER + "a,b,1e999,5\n", "line 2: value must be"),
        (HEADER + "a,b,1,5\na,b\n", "line 3: 4 columns are needed, found 2"),
        (HEADER + "a,b,1,soon\n", "line 2: timestamp must be seconds or a time .* found 'soon'"),
        (HEADER + "a,b,1,inf\n", "line 2: timestamp must be seconds"),
        (HEADER + "a,b,1,5\na,c,1,\n", "line 3: the timestamp is missing"),
        (HEADER + "a,b,1,5\nb,b,0.5,5\nc,b,-1,5\n", "line 3: .* but line 4 has -1"),
        (HEADER + 'a,"b"c,1,5\n', "line 2: "),
        (HEADER + 'a,"b,1,5\n', "line 2: unexpected end of data"),
        (HEADER.encode() + b"a,b\xff,1,5\n", "the text is not UTF-8"),
        (gzip.compress(HEADER.encode() + b"a,b,1,5\n" * 999, mtime=0)[:-20], "is damaged or cut off"),
        (b"PAR1 and no more", "cannot be read as Parquet"),
    ],
)
def test_a_mistake_is_said_with_file_and_line(
    file: Callable[[str | bytes], str], content: str | bytes, sentence: str
) -> None:
    path = file(content)
    with pytest.raises(FileError, match=rf"^{path}.*{sentence}"):
        read_votes(path)


def test_the_line_is_right_far_down_in_a_long_file(file: Callable[[str], str]) -> None:
    rows = [f'"v\n{n}",i{n % 7},1' for n in range(5000)]
    rows[4321] = "v,i,x"
    with pytest.raises(FileError, match=f"line {2 + 2 * 4321}: value"):
        read_votes(file("voter_id,item_id,value\n" + "\n".join(rows)))


def test_progress_goes_from_nothing_to_everything(file: Callable[[str], str]) -> None:
    path = file(HEADER + "".join(f"v{n},i,1,{n}\n" for n in range(30_000)))
    told: list[tuple[int, int]] = []
    read_votes(path, progress=lambda done, total: told.append((done, total)))
    size = Path(path).stat().st_size
    assert len(told) > 5
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told} == {size}
    assert told[-1][0] == size


class TestParquet:
    def write(self, path: Path, **columns: Any) -> str:
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
        return str(path)

    @pytest.mark.parametrize("kind", ["text", "number", "dictionary"])
    def test_ids_of_any_kind_become_texts(self, tmp_path: Path, kind: str) -> None:
        voters = pyarrow.array([7, None, 9] if kind == "number" else ["7", None, "9"])
        voters = voters.dictionary_encode() if kind == "dictionary" else voters
        path = self.write(tmp_path / "v", value=[1, -1, 1], voter_id=voters, item_id=["a", "a", "b"], other=[0, 0, 0])
        assert triples(read_votes(path)) == {("7", "a", 1), (None, "a", 0), ("9", "b", 1)}

    def test_the_last_vote_counts(self, tmp_path: Path) -> None:
        times = np.array(["2026-05-14T18:30", "2026-05-14T17:00"], "datetime64[s]")
        path = self.write(tmp_path / "v", voter_id=["v", "v"], item_id=["i", "i"], value=[1.0, 0.0], timestamp=times)
        assert triples(read_votes(path)) == {("v", "i", 1)}

    @pytest.mark.parametrize(
        ("columns", "sentence"),
        [
            ({"voter_id": ["a"], "item": ["b"], "value": [1]}, "item_id not found"),
            ({"voter_id": ["a", "b"], "item_id": ["c", "c"], "value": [1, 3]}, "row 2: value must be .* found '3'"),
            ({"voter_id": ["a", "b"], "item_id": ["c", None], "value": [1, 1]}, "row 2: item_id must not be empty"),
            ({"voter_id": ["a"], "item_id": ["c"], "value": ["up"]}, "the values must be numbers"),
        ],
    )
    def test_a_mistake_is_said_with_file_and_row(self, tmp_path: Path, columns: dict[str, Any], sentence: str) -> None:
        path = self.write(tmp_path / "v.parquet", **columns)
        with pytest.raises(FileError, match=rf"^{path}.*{sentence}"):
            read_votes(path)

    def test_scores_are_written(self, tmp_path: Path) -> None:
        path = tmp_path / "s.parquet"
        write_table(str(path), {"item_id": ["a", "b"], "score": [0.5, 0.25], "lower": [None, None]})
        assert pyarrow.parquet.read_table(path).to_pydict() == {
            "item_id": ["a", "b"],
            "score": [0.5, 0.25],
            "lower": [None, None],
        }

    def test_without_pyarrow_it_is_said_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = self.write(tmp_path / "v", voter_id=["a"], item_id=["b"], value=[1])
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
        with pytest.raises(FileError, match=r"pip install 'kakehashi\[parquet\]'"):
            read_votes(path)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), replaced(str(path)) as beside:  # noqa: PT012
        beside.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["scores.csv"]
    with replaced(str(path)) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_packed_scores_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    paths = [tmp_path / "one.csv.gz", tmp_path / "two.csv.gz"]
    for path in paths:
        write_table(str(path), {"item_id": ["a"], "score": [0.5]})
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert gzip.decompress(paths[0].read_bytes()) == b"item_id,score\na,0.5\n"
