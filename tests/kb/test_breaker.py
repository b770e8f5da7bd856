"""When a server that does not answer is asked again."""

from kb.search.breaker import FIRST_WAIT, LONGEST_WAIT, Breaker


def broken(times: int) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker.failed(0.0)
    return breaker


def test_one_failure_is_not_yet_a_breakdown() -> None:
    assert broken(1).lets_through(0.0)


def test_after_two_failures_nobody_asks() -> None:
    assert not broken(2).lets_through(FIRST_WAIT - 0.1)


def test_after_a_wait_one_may_ask_and_the_others_not() -> None:
    breaker = broken(2)
    assert [breaker.lets_through(FIRST_WAIT) for _ in range(3)] == [True, False, False]


def test_each_failed_attempt_doubles_the_wait_up_to_a_minute() -> None:
    breaker, now, waits = broken(2), 0.0, []
    for _ in range(6):
        now += breaker.wait
        assert breaker.lets_through(now)
        breaker.failed(now)
        waits.append(breaker.wait)
    assert waits == [10, 20, 40, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


def test_an_answer_ends_the_breakdown() -> None:
    breaker = broken(5)
    breaker.worked()
    assert breaker.lets_through(0.0)
