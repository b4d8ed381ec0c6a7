import pytest

from ascend.envelope import Match

HELD = frozenset({b"a", b"b", b"c"})


class TestMatch:
    """IDX-11."""

    @pytest.mark.parametrize(
        ("asked", "by_all", "by_any"),
        [({b"a", b"c"}, True, True), ({b"a", b"z"}, False, True), ({b"z"}, False, False), (HELD, True, True)],
    )
    def test_finds_rows_that_hold_all_or_any_of_the_question(
        self, asked: set[bytes], by_all: bool, by_any: bool
    ) -> None:
        assert (Match.ALL.finds(HELD, asked), Match.ANY.finds(HELD, asked)) == (by_all, by_any)

    @pytest.mark.parametrize("match", Match)
    def test_of_a_question_without_digests_finds_no_row(self, match: Match) -> None:
        assert not match.finds(HELD, frozenset())
        assert not match.finds(frozenset(), frozenset())

    @pytest.mark.parametrize("match", Match)
    def test_never_finds_a_row_without_digests(self, match: Match) -> None:
        assert not match.finds(frozenset(), {b"a"})
