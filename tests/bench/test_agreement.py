import pytest

from tensorgate.bench.agreement import DisagreementError, require_results, require_verdicts

GOOD = [2, 4]
BAD = {"odd": 3, "negative": -2}


def even_and_positive(number):
    return number % 2 == 0 and number > 0


def even(number):
    return number % 2 == 0


def test_contenders_that_agree_pass():
    require_verdicts({"a": even_and_positive, "b": even_and_positive}, GOOD, BAD, {})


def test_who_accepts_a_bad_input_is_named_with_the_input():
    with pytest.raises(DisagreementError, match="^b accepts bad input negative$"):
        require_verdicts({"a": even_and_positive, "b": even}, GOOD, BAD, {})


def test_who_refuses_a_good_input_is_named_with_the_input():
    with pytest.raises(DisagreementError, match="^b refuses good input 1$"):
        require_verdicts({"a": even_and_positive, "b": lambda number: number == 2}, GOOD, {}, {})


def test_a_contender_may_say_what_it_does_not_see():
    require_verdicts({"a": even_and_positive, "b": even}, GOOD, BAD, {"b": {"negative"}})


def test_a_contender_that_sees_what_it_is_said_not_to_see_is_an_error():
    with pytest.raises(DisagreementError, match="^a refuses bad input odd$"):
        require_verdicts({"a": even_and_positive}, GOOD, BAD, {"a": {"odd"}})


def test_a_blind_spot_that_no_input_shows_is_an_error():
    with pytest.raises(DisagreementError, match="a is said not to see"):
        require_verdicts({"a": even_and_positive}, GOOD, BAD, {"a": {"huge"}})


def test_a_contender_that_raises_is_named_with_the_input():
    with pytest.raises(DisagreementError, match="^b raises TypeError for bad input text: "):
        require_verdicts({"b": even}, GOOD, {"text": "x%s%s"}, {})


def test_every_disagreement_is_told():
    with pytest.raises(DisagreementError) as caught:
        require_verdicts({"a": lambda _: True, "b": lambda _: False}, GOOD, BAD, {})
    assert len(str(caught.value).splitlines()) == 4


def test_results_are_compared_with_the_limits():
    contenders = {"limit": sorted, "same": lambda numbers: sorted(numbers), "other": list}
    require_results(contenders, "limit", [[1, 2]], lambda one, other: one == other)
    with pytest.raises(DisagreementError, match="^other and limit differ on input 1$"):
        require_results(contenders, "limit", [[1, 2], [2, 1]], lambda one, other: one == other)
