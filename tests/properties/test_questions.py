"""Every value that answers a question is found by what the database is asked for (IDX-11, IDX-20)."""

from contextlib import suppress

from hypothesis import assume, given
from hypothesis import strategies as st

from ascend.fields import EncryptedDateField, EncryptedIntegerField, Index, questions, range_questions

# Letters that fold into several, that compose, that change their case, and what stands between them.
TYPED = st.text(
    st.sampled_from("aAbßẞİ\u0131éEe\u0301\u0308\u0345ﬁﬀfi\uff45ŃñǅΣς\u03c31\uff12 -'’.\u00ad\u200d한ㅎㅏㄴ"),
    max_size=9,
)
PIECES, HEAD, FOLDED = Index("ngram-3", bits=8), Index("prefix-2"), Index("casefold")


@st.composite
def values_and_parts(draw):
    value = draw(TYPED)
    start = draw(st.integers(0, len(value)))
    part = value[start : draw(st.integers(start, len(value)))]
    return value, draw(st.sampled_from([part, part.upper(), part.casefold(), draw(TYPED)]))


def found(question, value):
    terms = question.index.terms(value)
    asked = question.terms | question.certain
    return asked <= terms if question.match == "all" else not asked.isdisjoint(terms)


@given(values_and_parts(), st.sampled_from(sorted(questions.LITERALLY)))
def test_by_a_fragment(pair, lookup):
    value, part = pair
    with suppress(ValueError):
        question = questions.has_the_fragment(PIECES, lookup, part)
        assert not question.holds(value) or found(question, value)


@given(values_and_parts())
def test_by_words(pair):
    value, part = pair
    with suppress(ValueError):
        question = questions.has_all_words(PIECES, part)
        assert not question.holds(value) or found(question, value)


@given(values_and_parts(), st.sampled_from(["startswith", "istartswith", "prefix"]))
def test_by_a_beginning(pair, lookup):
    value, part = pair
    with suppress(ValueError):
        question = questions.begins_with(HEAD, lookup, part)
        assert not question.holds(value) or found(question, value)
        assert question.terms or question.holds(value) == found(question, value)


@given(values_and_parts())
def test_in_another_case(pair):
    value, part = pair
    with suppress(ValueError):
        question = questions.is_alike(FOLDED, part)
        assert not question.holds(value) or found(question, value)


@given(
    st.integers(-(2**31), 2**31 - 1) | st.integers(-300, 300),
    st.integers(-(2**40), 2**40) | st.integers(-300, 300) | st.floats(-300, 300),
    st.integers(0, 400),
    st.sampled_from(range_questions.LOOKUPS),
    st.sampled_from([24, 128]),
)
def test_in_a_range_of_numbers(value, bound, width, lookup, bits):
    asked = (bound, bound + width) if lookup == "range" else bound
    question = range_questions.in_range(EncryptedIntegerField(), Index("range-number-10", bits), lookup, asked)
    assert not question.holds(value) or found(question, str(value))
    assert question.holds(value) or question.certain.isdisjoint(question.index.terms(str(value)))


@given(st.dates(), st.dates(), st.dates(), st.sampled_from(range_questions.LOOKUPS), st.sampled_from([24, 128]))
def test_in_a_range_of_dates(value, bound, other, lookup, bits):
    assume(bound <= other)
    asked = (bound, other) if lookup == "range" else bound
    question = range_questions.in_range(EncryptedDateField(), Index("range-date-32", bits), lookup, asked)
    assert not question.holds(value) or found(question, value.isoformat())
    assert question.holds(value) or question.certain.isdisjoint(question.index.terms(value.isoformat()))
