"""Long lists in pages: what is known of them, and what is asked of where they come from."""

from __future__ import annotations

import pytest
from django.core.paginator import EmptyPage

from kakehashi.lib.paging import COUNTED, LongList

pytestmark = pytest.mark.once


def numbers(length: int) -> tuple[LongList[str], list[tuple[int, int]]]:
    """The numbers from 0 as words, twenty a page, and which of them were asked for."""
    asked: list[tuple[int, int]] = []

    def ids(first: int, number: int) -> list[int]:
        asked.append((first, number))
        return list(range(length))[first : first + number]

    return LongList(ids, lambda found: map(str, found), 20), asked


def test_a_list_of_nothing_has_one_page() -> None:
    found, _asked = numbers(0)
    page = found.page(1)
    assert (list(page), page.has_other_pages, found.count, found.num_pages) == ([], False, 0, 1)
    with pytest.raises(EmptyPage):
        found.page(2)
    assert found.get_page(9).number == 1


@pytest.mark.parametrize(("length", "pages"), [(1, 1), (20, 1), (21, 2), (COUNTED, 50)])
def test_a_list_that_is_counted(length: int, pages: int) -> None:
    found, asked = numbers(length)
    assert [list(found.page(n)) for n in range(1, pages + 1)] == [
        [str(n) for n in range(first, min(first + 20, length))] for first in range(0, length, 20)
    ]
    last = found.page(pages)
    assert (found.count, found.num_pages, found.is_more) == (length, pages, False)
    assert (last.has_next, last.has_previous) == (False, pages > 1)
    with pytest.raises(EmptyPage):
        found.page(pages + 1)
    assert asked == [(0, COUNTED + 1)]


def test_a_longer_list_has_more_and_every_page_of_it_can_be_read() -> None:
    found, asked = numbers(COUNTED + 25)
    assert (found.count, found.num_pages, found.is_more) == (COUNTED, 50, True)
    assert [found.page(n).has_next for n in (49, 50, 51, 52)] == [True, True, True, False]
    assert list(found.page(50)) == [str(n) for n in range(980, 1000)]
    assert list(found.page(52)) == [str(n) for n in range(1020, 1025)]
    assert (found.page(51).next_page_number, found.page(51).previous_page_number) == (52, 50)
    with pytest.raises(EmptyPage):
        found.page(53)
    assert found.get_page(53).number == 50
    assert max(number for _first, number in asked) == COUNTED + 1
