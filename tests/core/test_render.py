"""Templates are compiled in the reader's language, each kept by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import i18n
from core.render import environment


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    before = i18n.locale()
    yield
    i18n.set_locale(before)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_a_constant_word_is_text_in_a_compiled_template(locale: str) -> None:
    i18n.set_locale(locale)
    code = environment().compile("{{ _('派单台') }}", raw=True)
    assert i18n.said("派单台", locale) in code


def test_words_with_places_are_filled_in_the_language_of_the_page() -> None:
    i18n.set_locale("en")
    page = environment().from_string("{{ _('{n} 件').format(n=n) }} {{ _('派单台') }} {{ _(word) }}")
    english = i18n.said("派单台", "en")
    assert page.render(n=2, word="派单台") == f"{i18n.said('{n} 件', 'en').format(n=2)} {english} {english}"
    assert english != "派单台"


def test_what_a_translation_holds_is_escaped() -> None:
    assert environment().from_string("{{ _('<b> & 1') }}").render() == "&lt;b&gt; &amp; 1"


def test_each_language_has_an_environment_of_its_own() -> None:
    i18n.set_locale("zh_CN")
    chinese = environment()
    i18n.set_locale("en")
    assert environment() is not chinese
    i18n.set_locale("zh_CN")
    assert environment() is chinese
