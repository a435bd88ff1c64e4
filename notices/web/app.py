"""The pages and feeds as one ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from notices.keys import signing_key
from notices.web import (
    answers,
    ask_link,
    calendars,
    demo,
    entry,
    errors,
    feeds,
    health,
    mails,
    pages,
    people,
    samples,
    sign_in,
    static,
    subscribe,
    unsubscribe,
)
from notices.web.headers import SafeHeaders
from notices.web.render import environment
from notices.web.site import Site

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from notices.clock import Clock
    from notices.settings import Settings
    from notices.web.site import Demonstration

LARGEST_FORM = 256 * 1024
ROUTERS = (
    static.router,
    health.router,
    ask_link.router,
    sign_in.router,
    answers.router,
    pages.router,
    entry.router,
    mails.router,
    samples.router,
    people.router,
    calendars.router,
    subscribe.router,
    unsubscribe.router,
)


def create(
    engine: Engine, settings: Settings, clock: Clock, demonstration: Demonstration | None = None
) -> FastAPI:
    """The application on an open database of the newest schema.

    With a demonstration every page has buttons that move its clock. Raises `SettingsError` where
    the signing key cannot be had.
    """
    app = FastAPI(
        title="Jikai",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=LARGEST_FORM,
    )
    app.state.site = Site(
        engine=engine,
        settings=settings,
        clock=clock,
        policy=settings.policy(),
        secret=signing_key(settings),
        environment=environment(),
        assets=static.load_assets(),
        demo=demonstration,
    )
    app.add_middleware(SafeHeaders)
    # Calendars first: programs ask for them far more often than people for pages.
    app.include_router(feeds.create(engine, settings, clock))
    for router in ROUTERS:
        _answer_head(router)
        app.include_router(router)
    if demonstration is not None:
        app.include_router(demo.router)
    errors.install(app)
    return app


def _answer_head(router: APIRouter) -> None:
    """Have every page say its headers alone to whoever asks for them, as mail scanners do.

    RFC 9110, 9.1: HEAD is served wherever GET is; the server leaves out the body.
    """
    for route in router.routes:
        if isinstance(route, APIRoute) and route.methods and "GET" in route.methods:
            route.methods.add("HEAD")
