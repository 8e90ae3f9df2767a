"""Scoring without the database: the features, the bytes, the figures, and that NumPy says what scikit-learn says."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kakehashi.moderation.model import features, prior, report, training
from kakehashi.moderation.model.form import FORMS, form_of, normal
from kakehashi.moderation.model.lesson import Lesson
from kakehashi.moderation.model.training import Trained
from kakehashi.moderation.model.weights import Unreadable, Weights
from tests.moderation.decided import texts

pytestmark = pytest.mark.once
ANY_TEXT = st.text(max_size=400) | st.text(alphabet="aB!? 1@山かな한국.\n\ud800", max_size=200)


def some_lessons(count: int = 160) -> list[Lesson]:
    return [
        Lesson(number, plain, is_removed, int(is_removed), "en", f"author {number % 23}")
        for number, (plain, is_removed) in enumerate(texts(count), start=1)
    ]


@cache
def trained() -> Trained:
    return training.train(some_lessons())


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT)
def test_numpy_says_what_scikit_learn_says(plain: str) -> None:
    row = training.matrix([plain])[:, trained().columns]
    theirs = trained().classifier.predict_proba(row)[0, 1]
    assert trained().weights.probability(plain) == pytest.approx(theirs, abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT, st.sampled_from(["en", "ja", "ko", "de", "zh-hans", ""]))
def test_every_text_has_a_score(plain: str, language: str) -> None:
    assert 0 <= prior.probability(plain, language) <= 1
    assert 0 <= trained().weights.probability(plain) <= 1
    form = form_of(plain)
    assert len(form) == len(FORMS)
    assert all(0 <= share <= 1 for share in form)
    places, values = features.read(plain)
    assert (np.diff(places) > 0).all()
    assert places[-1] < features.SIZE
    assert np.isfinite(values).all()


@settings(max_examples=100, deadline=None)
@given(ANY_TEXT)
def test_what_is_compared_stays_so(plain: str) -> None:
    assert normal(normal(plain)) == normal(plain)


def test_the_same_lessons_give_the_same_model() -> None:
    assert training.train(some_lessons()).weights.to_bytes() == trained().weights.to_bytes()


def test_width_case_and_digits_do_not_count_but_shouting_does() -> None:
    assert normal("Ｆｅｒｒｙ １２  GO") == "ferry 00 go"
    calm, loud = (
        dict(zip(FORMS, form_of("leave the pier alone"), strict=True)),
        dict(zip(FORMS, form_of("LEAVE THE PIER ALONE!!!!!"), strict=True)),
    )
    assert (calm["capitals"], loud["capitals"], loud["exclamation"]) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("worse", "better", "language"),
    [
        ("You are a fool and a liar.", "You are a friend of boats.", "en"),
        ("Cheap rope, click here https://rope.example", "The rope was cheap to make.", "en"),
        ("お前は馬鹿だ。黙れ。", "橋の話を聞きました。", "en"),
        ("이 바보야, 닥쳐", "다리 이야기를 들었습니다", "en"),
    ],
)
def test_the_word_list_has_an_order(worse: str, better: str, language: str) -> None:
    assert prior.probability(worse, language) > 0.4 > prior.probability(better, language)


def test_bytes_come_back_as_they_were() -> None:
    again = Weights.from_bytes(trained().weights.to_bytes())
    assert again.probability("What a windbag!") == trained().weights.probability("What a windbag!")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_refused_or_harmless(data: st.DataObject) -> None:
    content = bytearray(trained().weights.to_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, min(200, len(content) - 1)))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        found = Weights.from_bytes(bytes(content))
    except Unreadable:
        return
    assert 0 <= found.probability("What a windbag!") <= 1


@pytest.mark.parametrize(
    "content", [b"", b"KKM1", b"KKM1\xff\xff\xff\xff{}", b"\x80\x04pickle", b"KKM1\x02\x00\x00\x00[]"]
)
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        Weights.from_bytes(content)


def test_figures_that_are_no_numbers_are_refused() -> None:
    broken = Weights(np.full(features.SIZE, np.nan, dtype="<f4"), 0.0, -1.0, 0.0)
    with pytest.raises(Unreadable, match="no numbers"):
        Weights.from_bytes(broken.to_bytes())
    with pytest.raises(Unreadable, match="no numbers"):
        Weights.from_bytes(Weights(trained().weights.weights, math.inf, -1.0, 0.0).to_bytes())


class TestFigures:
    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=1, max_size=40))
    def test_average_precision_is_scikit_learns(self, rows: list[tuple[float, bool]]) -> None:
        from sklearn.metrics import average_precision_score

        scores, is_removed = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
        if not is_removed.any():
            assert report.average_precision(scores, is_removed) == 0
            return
        theirs = average_precision_score(is_removed, scores)
        assert report.average_precision(scores, is_removed) == pytest.approx(theirs)

    def test_of_a_model_on_lessons_it_has_not_seen(self) -> None:
        held_out = [Lesson(1000 + i, p, r, int(r), "en", "x") for i, (p, r) in enumerate(texts(120, seed=9))]
        scores = np.array([trained().weights.probability(one.plain) for one in held_out])
        found = report.figures(scores, held_out)
        assert found["decisions"] == 120
        assert found["average_precision"] > 0.9 > found["base_rate"]
        assert found["log_loss"] < found["log_loss_of_base_rate"]
        assert [top["k"] for top in found["tops"]] == [10, 20, 50, 100]
        assert found["tops"][0]["precision"] == 1
        assert sum(one["decisions"] for one in found["bins"]) == 120
        assert found["rules"] == [{"rule": 1, "removed": found["removed"], "mean": found["rules"][0]["mean"],
                                   "upper_half": found["rules"][0]["upper_half"]}]  # fmt: skip
        assert found["languages"][0]["language"] == "en"

    def test_calibration_is_how_far_what_is_said_and_what_is_done_lie_apart(self) -> None:
        four_of_five = np.array([True, True, True, True, False] * 8)
        assert report.calibration_error(np.full(40, 0.8), four_of_five) == pytest.approx(0)
        assert report.calibration_error(np.full(40, 0.3), four_of_five) == pytest.approx(0.5)
        assert report.calibration_error(np.where(four_of_five, 0.0, 1.0), four_of_five) == pytest.approx(1)

    def test_equal_scores_count_as_chance_would_order_them(self) -> None:
        lessons = [Lesson(i, "x", i < 10, 1, "en", "x") for i in range(20)]
        assert report.figures(np.full(20, 0.3), lessons)["tops"][0]["precision"] == 0.5

    def test_nothing_held_out_is_told_and_not_reckoned_with(self) -> None:
        assert report.figures(np.array([]), []) == {"decisions": 0, "removed": 0}

    def test_words_are_told_only_of_several_decisions(self) -> None:
        told = report.words(some_lessons(), trained().weights.logit)
        towards = {row["word"] for row in told["towards"]}
        assert {"windbag", "gulls", "crooked"} & towards
        assert all(row["decisions"] >= report.WORD_IN_DECISIONS for row in told["towards"] + told["away"])
        japanese = [Lesson(i, "黙れ、おろか者め。", True, 1, "ja", "x") for i in range(5)]
        assert "黙れ" in {row["word"] for row in report.words(japanese, lambda plain: float(len(plain)))["towards"]}


def test_too_few_of_a_kind_are_not_learned_from() -> None:
    with pytest.raises(training.TooFew):
        training.train([one for one in some_lessons() if not one.is_removed])
    with pytest.raises(training.TooFew):
        training.train([])
