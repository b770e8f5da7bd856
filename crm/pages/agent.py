"""The agent's desk: who calls on the left, what becomes of it in the middle, help on the right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from litestar import Response, get, post

from core import clock, i18n, privacy
from core.officers import Officer
from core.web import FromQuery, Nav, Request, page, read_form, requires
from crm import calls, never_merge
from crm.lines import lines
from crm.pages.calls import bar_context, masked
from crm.tickets import desk_work, lookalikes, number, queries
from crm.tickets.emergency import SCRIPT, SERVICE
from crm.tickets.states import BY_NAME, OPEN
from crm.tickets.words import CHANNEL, KIND, REFUSAL, status_word, urgency_word
from routing.rulebook import Rulebook, rulebook

DESK: Final = requires("desk.agent")
#: How long back the same matter counts as "again".
AGAIN: Final = timedelta(days=7)
HISTORY: Final = 20
#: What comes in beside a call, and may be registered by hand.
CHANNELS: Final = ("counter", "letter", "web", "call")


#: The form's fields as they are read, for the list of what is wrong.
ORDER: Final = ("kind", "content", "matter", "street", "address", "urgency", "channel", "name", "phone", "contact",
                "answer", "ground", "legal_path")  # fmt: skip


@get("/desk", guards=[DESK])
async def desk(request: Request, call: FromQuery[int] = 0) -> Response[Any]:
    """`call`: a call of one's own whose form to open, in place of the one in hand. `?from=`: an old ticket whose matter
    and place the new one takes over."""
    current = await calls.in_hand(request.user, call or None)
    context = await desk_context(request, current)
    context["values"] |= await _taken_over(request.user, request.query_params.get("from", ""))
    context |= {"shown": shown_names(context["values"], await rulebook())}
    return page("crm/agent/desk.html", desk="agent", others=await never_merge.others(), **context)


async def _taken_over(officer: Officer, old: str) -> dict[str, Any]:
    """What a new ticket has in common with an archived one; nothing for a number that the officer may not see."""
    row = (
        await queries.ticket(officer, int(old)) if old.isascii() and old.isdigit() and len(old) < 19 else None
    )
    if row is None or row["confidential"]:
        return {}
    content = i18n._("原单 {number} 的新情况：").format(number=number.show(row["id"]))
    return {
        "kind": row["kind"], "matter": row["matter"], "street": row["street"], "content": content,
        "address": _open(row["address"]),
    }  # fmt: skip


@get("/desk/warnings", guards=[DESK])
async def warnings(
    request: Request, citizen: FromQuery[int] = 0, matter: FromQuery[str] = ""
) -> Response[Any]:
    """How often the citizen brought this before, and what to append to."""
    found = await _past(request, citizen)
    return page("crm/agent/_warnings.html", again=again(found, matter, await rulebook()), matter=matter)


@post("/lookalikes", guards=[DESK], status_code=200)
async def likes(request: Request) -> Response[Any]:
    """For a text being written: what is like it. A POST, so that the text stands in no log."""
    form = await read_form(request)
    street, now = form.text("street"), clock.now()
    found = await lookalikes.find(
        request.user, form.text("content", most=5000), matter=form.text("matter"), street=street,
        citizen=form.integer("citizen", required=False),
    )  # fmt: skip
    crowd = lookalikes.crowd(found, street, now)
    span = int((now - min(like.received_at for like in crowd)) / timedelta(minutes=1)) if crowd else 0
    return page(
        "crm/agent/_likes.html", likes=found, crowd=crowd, span=span, status_word=status_word, open=OPEN,
        matter=form.text("matter"), street=street, gathers=BY_NAME["gather"].sources,
    )  # fmt: skip


@get("/desk/incidents", guards=[DESK])
async def incidents(
    request: Request, matter: FromQuery[str] = "", street: FromQuery[str] = ""
) -> Response[Any]:
    """The open incidents that a ticket of this matter in this district would belong to."""
    book = await rulebook()
    known = book.streets.get(street)
    district = known.district if known else street[:6]
    found = (
        await desk_work.incidents_around(request.user, matter, district)
        if len(matter) > 3 and district
        else []
    )
    return page("crm/agent/_incidents.html", incidents=found)


@dataclass(frozen=True)
class Again:
    """`times` the citizen brought the `branch` in the last days; `number` is the open ticket to append to, or None."""

    branch: str
    times: int
    number: int | None
    chosen: bool


async def desk_context(request: Request, call: Any, saved: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Everything the three columns show, for a call or for none. `saved`: what has just come of the form."""
    book, citizen = await rulebook(), call["citizen"] if call else None
    past = await _past(request, citizen)
    unsettled = [
        row for row in await calls.without_disposition(request.user) if not call or row["id"] != call["id"]
    ]
    bar = await bar_context(request, call["id"] if call else 0)
    return {
        **bar, "bar_call": bar["current"], "current": call, "masked_phone": masked(call),
        "name": _open(call["name"]) if call else "",
        "past": past, "again": again([row for row in past if not saved or row["id"] != saved["number"]], "", book), "saved": saved,
        "matter": "", "unsettled": unsettled, "status_word": status_word, "urges": BY_NAME["urge"].sources,
        "open": OPEN, **form_context(await blank(call, book), call, book),
    }  # fmt: skip


def form_context(
    values: Mapping[str, Any], call: Any, book: Rulebook, errors: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The form in the middle, with what was typed and what is wrong with it."""
    return {
        "values": values, "shown": shown_names(values, book), "errors": {name: errors[name] for name in sorted(errors, key=_place)} if errors else {}, "current": call,
        "draft": f"desk:call:{call['id']}" if call else "desk:new",
        "nth": call["tickets"] + 1 if call else 0,
        "kinds": [(kind, i18n._(word)) for kind, word in KIND.items()],
        "urgencies": [(level, urgency_word(level)) for level in (1, 2, 3)],
        "channels": [(channel, i18n._(CHANNEL[channel])) for channel in CHANNELS],
        "services": [(code, i18n._(word), i18n._(SCRIPT[code])) for code, word in SERVICE.items()],
        "grounds": [("", i18n._("请选")), *((ground, i18n._(word)) for ground, word in REFUSAL.items())],
    }  # fmt: skip


def shown_names(values: Mapping[str, Any], book: Rulebook) -> dict[str, str]:
    """What the pickers of matter and street read."""
    english = i18n.locale() == "en"
    matter, street = book.matters.get(values["matter"]), book.streets.get(values["street"])
    shown = {"matter": values["matter_text"], "street": values["street_text"]}
    if matter:
        shown["matter"] = matter.path_name_en if english and matter.path_name_en else matter.path_name
    if street:
        names = (street.name_en, street.district_name_en)
        shown["street"] = (
            ", ".join(names) if english and all(names) else f"{street.district_name} · {street.name}"
        )
    return shown


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


async def blank(call: Any, book: Rulebook) -> dict[str, Any]:
    """A fresh form; of a call it knows the phone (masked), the name, the contact and the line's usual matter."""
    line = (await lines()).get(call["line"]) if call else None
    usual = book.matters.get(line.default_matter) if line else None
    return {
        "form": uuid4().hex, "then": "dispatch", "kind": "help", "content": "", "title": "",
        "matter": usual.code if usual and usual.leaf else "", "matter_text": "", "street": "", "street_text": "", "address": "",
        "urgency": "", "confidential": False, "anonymous": False, "name": _open(call["name"]) if call else "",
        "phone": masked(call), "contact": (call["contact"] or "") if call else "", "reply_by": ["sms"],
        "channel": "call" if call else CHANNELS[0], "answer": "", "article": "", "ground": "", "legal_path": "",
        "hand_over": "", "lead": "", "asked": "", "service": "", "read_back": "", "three_party": False,
    }  # fmt: skip


def again(past: list[Any], matter: str, book: Rulebook) -> list[Again]:
    """One for each branch of the tree that the citizen brought in the last days; the chosen matter's first, and alone
    where it is one of them."""
    since = clock.now() - AGAIN
    branches: dict[str, list[Any]] = {}
    for row in past:
        if row["received_at"] >= since:
            branches.setdefault(row["matter"][:4], []).append(row)
    found = [_again(branch, rows, branch == matter[:4], book) for branch, rows in branches.items()]
    return [one for one in found if one.chosen] or [one for one in found if one.number is not None]


def _again(branch: str, rows: list[Any], chosen: bool, book: Rulebook) -> Again:
    known = book.matters.get(branch)
    name = (known.name if known else rows[0]["matter_name"]).split(" › ")[-1]
    if i18n.locale() == "en" and known and known.path_name_en:
        name = known.path_name_en.split(" › ")[-1]
    number = next((row["id"] for row in rows if row["status"] in OPEN), None)
    return Again(name, len(rows), number, chosen)


async def _past(request: Request, citizen: int | None) -> list[Any]:
    return await queries.of_citizen(request.user, citizen, limit=HISTORY) if citizen else []


def _open(sealed: bytes | None) -> str:
    return privacy.open_sealed(sealed) if sealed else ""


nav = [Nav("agent", i18n.N_("坐席台"), "/desk", ("desk.agent",), order=10)]
routes = [desk, warnings, likes, incidents]
