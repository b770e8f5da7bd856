"""`/suggestion?matter=&street=`: the suggested unit, for the column beside a form."""

from typing import Any

from litestar import Response, get

from core import clock
from core.web import FromQuery, Request, page, signed_in
from routing.suggest import suggest


@get("/suggestion", guards=[signed_in])
async def suggested_unit(
    request: Request,
    matter: FromQuery[str] = "",
    street: FromQuery[str] = "",
    take: FromQuery[bool] = False,
    taken: FromQuery[bool] = True,
) -> Response[Any]:
    """`take`: with a button to take it or to leave it to the dispatchers, `taken` says how it stands."""
    advice = await suggest(matter[:20], street[:20], clock.local(clock.now()).date())
    return page("routing/_suggestion.html", advice=advice, take=take, taken=taken)


routes = [suggested_unit]
