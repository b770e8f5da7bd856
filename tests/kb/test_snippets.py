"""What of an article is shown, and which words of it are marked."""

from hypothesis import given
from hypothesis import strategies as st

from kb.search.snippets import marked, snippet

BODY = "本办法自发布之日起施行。" * 10 + "供热期内室温低于十八度，可以申请退费。" + "其他事项另行通知。" * 10


def hits(runs: list[object]) -> list[str]:
    return [run.text for run in runs if run.hit]  # type: ignore[attr-defined]


def test_the_words_asked_for_are_marked() -> None:
    assert hits(marked("室温不达标怎么办", "我家室温太低")) == ["室温"]


def test_a_snippet_shows_the_stretch_that_answers() -> None:
    runs = snippet(BODY, "室温低可以退费吗")
    assert "退费" in hits(runs)
    assert runs[0].text == runs[-1].text == "…"


def test_a_short_body_is_shown_whole() -> None:
    assert "".join(run.text for run in snippet("一句话。", "别的")) == "一句话。"


def test_case_and_width_do_not_matter() -> None:
    assert hits(marked("ＷｉＦｉ怎么连", "wifi")) == ["ＷｉＦｉ"]


@given(st.text(max_size=300), st.text(max_size=40))
def test_marking_changes_no_letter(body: str, query: str) -> None:
    assert "".join(run.text for run in marked(body, query)) == body


@given(st.text(max_size=300), st.text(max_size=40))
def test_a_snippet_is_never_longer_than_asked(body: str, query: str) -> None:
    assert sum(len(run.text) for run in snippet(body, query, width=50)) <= 52
