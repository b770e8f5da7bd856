"""Jinja: one environment, compiled templates kept on disk, and what every page knows."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Callable, Hashable, MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from litestar import Response
from litestar.enums import MediaType
from markupsafe import Markup

from core import assets, clock, flashes, i18n, traditional
from core.officers import Officer
from core.settings import ROOT, settings
from core.visits import Visit, pre_cookie, visit


@dataclass(frozen=True)
class Nav:
    """An entry of the top bar, for those who hold any of `permissions`. `label` is a msgid."""

    key: str
    label: str
    href: str
    permissions: tuple[str, ...]
    order: int = 50


_nav: tuple[Nav, ...] = ()
_layout: list[Callable[[Visit], dict[str, Any]]] = []
_globals: dict[str, Any] = {}


def set_nav(items: Sequence[Nav]) -> None:
    global _nav
    _nav = tuple(sorted(items, key=lambda item: item.order))
    _nav_for.cache_clear()


def desks(officer: Officer) -> list[Nav]:
    """The entries that this officer may open, first the one to land on."""
    return [item for item in _nav if officer.can(*item.permissions)]


def add_layout(context: Callable[[Visit], dict[str, Any]]) -> None:
    """Something every whole page knows; called for each, so it must not wait for anything."""
    _layout.append(context)


def add_globals(**values: Any) -> None:
    """Functions that every template may call."""
    _globals.update(values)
    for made in _environments.values():
        made.globals.update(values)


def page(
    template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> Response[bytes]:
    """`template` for the reader of this request. A name that begins with `_` is a fragment: no layout."""
    reader = visit()
    names = _known(reader)
    if not template.rpartition("/")[2].startswith("_"):
        names |= _of_layout(reader)
    body = environment().get_template(template).render(names | context)
    if reader.locale == "zh_TW":
        body = traditional.page(body)
    answer = Response(body.encode(), status_code=status, media_type=MediaType.HTML, headers=headers)
    if reader.fresh_token:
        keep_cookie(answer, pre_cookie(), reader.fresh_token)
    if "flashes" in names and flashes.COOKIE in reader.cookies:
        drop_cookie(answer, flashes.COOKIE)
    return answer


def fragment(template: str, **context: Any) -> str:
    """The same, as text to put into another answer."""
    reader = visit()
    text = environment().get_template(template).render(_known(reader) | context)
    return traditional.page(text) if reader.locale == "zh_TW" else text


def each(template: str, rows: Sequence[Hashable], **shared: Hashable) -> Markup:
    """The rows of a long list (`row` in `template`), each written once for what it shows and kept.

    Rows and `shared` are all that the template may depend on, beside the language: no clock, no officer.
    """
    rest = tuple(shared.items())
    locale = i18n.locale()
    return Markup("".join([_written(template, locale, row, rest) for row in rows]))  # noqa: S704 - each is Markup


@lru_cache(maxsize=2_048)
def _written(template: str, locale: str, row: Hashable, shared: tuple[tuple[str, Hashable], ...]) -> Markup:
    return Markup(environment().get_template(template).render(locale=locale, row=row, **dict(shared)))  # noqa: S704 - autoescaped


def keep_cookie(answer: Response[Any], name: str, value: str, *, seconds: int | None = None) -> None:
    answer.set_cookie(
        key=name,
        value=value,
        max_age=seconds,
        path="/",
        secure=settings().secure_cookies,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(answer: Response[Any], name: str) -> None:
    """Browsers refuse to touch a `__Host-` cookie without the attributes it was set with."""
    keep_cookie(answer, name, "", seconds=0)


def _known(reader: Visit) -> dict[str, Any]:
    return {
        "locale": reader.locale,
        "officer": reader.officer,
        "csrf_token": reader.csrf,
        "path": reader.path,
    }


def _of_layout(reader: Visit) -> dict[str, Any]:
    officer, now = reader.officer, clock.now()
    names: dict[str, Any] = {
        "desk": "",
        "begun": reader.begun,
        "nav": _nav_for(officer.permissions, reader.locale) if officer else (),
        "business_now": now.isoformat(timespec="milliseconds"),
        "business_zone": settings().timezone,
        "clock_rate": clock.rate(),
        "clock_words": i18n.hour(now),
        "flashes": flashes.read(reader.cookies),
    }
    if reader.session:
        names["draft_key"] = base64.b64encode(reader.session.draft_key).decode()
    for context in _layout:
        names |= context(reader)
    return names


@lru_cache(maxsize=256)
def _nav_for(permissions: frozenset[str], locale: str) -> tuple[dict[str, Any], ...]:
    officer = Officer(id=0, username="", name="", permissions=permissions)
    return tuple({"key": item.key, "label": i18n._(item.label), "href": item.href} for item in desks(officer))


def environment() -> Environment:
    """The reader's language's. A name that is not there is an error where it is *used*; `{% if name %}` may ask for it."""
    locale = i18n.locale()
    return _environments.get(locale) or _environments.setdefault(locale, _environment(locale))


_environments: dict[str, Environment] = {}


def _environment(locale: str) -> Environment:
    env = InWords(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=Lenient,
        bytecode_cache=FileSystemBytecodeCache(str(_kept_compiled(locale))),
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    env.locale = locale
    env.globals.update(
        {
            "_": i18n._,
            "each": each,
            "ngettext": i18n.ngettext,
            "static": assets.url,
            "moment": i18n.moment,
            "day": i18n.day,
            "dated": i18n.dated,
            "grouped": i18n.number,
            "tongue": i18n.tongue,
            "hour": i18n.hour,
            "in_full": i18n.in_full,
            "weekday": i18n.weekday,
            "locales": i18n.offered(),
            "tags": i18n.TAGS,
        }
    )
    env.globals.update(_globals)
    return env


def _kept_compiled(locale: str) -> Path:
    """A folder for templates compiled with these words; those with older words go."""
    words = repr([] if locale == "zh_CN" else sorted(i18n.catalogue(locale).items())).encode()
    kept = settings().var_dir / "cache" / f"jinja-{locale}-{hashlib.sha256(words).hexdigest()[:16]}"
    for old in set(kept.parent.glob(f"jinja-{locale}-*")) - {kept}:
        shutil.rmtree(old, ignore_errors=True)
    kept.mkdir(parents=True, exist_ok=True)
    return kept


class InWords(Environment):
    """Compiles templates for one language: `_("…")` of a constant is that language's text by then."""

    locale = "zh_CN"

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Say(self.locale).visit(super()._parse(source, name, filename))
        return tree

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Our own dict: Jinja's chain of two is walked name by name for every template of a page."""
        return super().make_globals(d) if d else self.globals


class _Say(NodeTransformer):
    def __init__(self, locale: str) -> None:
        self.locale = locale

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the name the visitor looks for
        self.generic_visit(node)
        match node:
            case nodes.Call(node=nodes.Name(name="_"), args=[nodes.Const(value=str(text))]):
                return nodes.Const(i18n.said(text, self.locale), lineno=node.lineno)
        return node


class Lenient(StrictUndefined):
    """Strict, but may be asked whether it is there: the layout's names are optional."""

    def __bool__(self) -> bool:  # type: ignore[override]
        return False
