"""Logging in and out."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from admin.desk import Desk, own_path, root
from core.base.errors import Refusal
from core.base.i18n import DEFAULT_LANGUAGE, LANGUAGES
from core.base.log import draw_request_id, following
from core.base.words import Sentence
from core.staff.login import TooManyTries, log_in
from core.staff.sessions import end_session


def routes(desk: Desk) -> list[BaseRoute]:
    """The pages that need no login; logging out needs its form token."""

    async def show(request: Request) -> Response:
        query = request.query_params
        onward = own_path(query.get("next", ""))
        return _form(desk, request, language=query.get("lang", ""), onward=onward, status=200)

    async def enter(request: Request) -> Response:
        form = await desk.checked_form(request)
        return await run_in_threadpool(_enter, desk, request, form)

    async def leave(request: Request) -> Response:
        await desk.checked_form(request)
        return await run_in_threadpool(_leave, desk, request)

    return [
        Route("/login", show, methods=["GET"]),
        Route("/login", enter, methods=["POST"]),
        Route("/logout", leave, methods=["POST"]),
    ]


def _enter(desk: Desk, request: Request, form: dict[str, str]) -> Response:
    language, onward = form.get("lang", ""), own_path(form.get("next", ""))
    with following(draw_request_id()):
        try:
            token = log_in(
                desk.deps,
                email=form.get("email", ""),
                password=form.get("password", ""),
                code=form.get("code", ""),
                source=desk.source(request),
                live=desk.live,
                machine_now=desk.machine.now(),
            )
        except TooManyTries as refusal:
            return _form(
                desk, request, language=language, onward=onward, problem=refusal.sentence, status=429
            )
        except Refusal as refusal:
            return _form(
                desk, request, language=language, onward=onward, problem=refusal.sentence, status=401
            )
    response = RedirectResponse(root(request) + (onward or "/"), status_code=303)
    desk.cookies.give(request, response, token)
    return response


def _leave(desk: Desk, request: Request) -> Response:
    with desk.deps.work() as work:
        visit = desk.visit(work, request)
        if visit is not None:
            end_session(work, visit, source=desk.source(request), machine_now=desk.machine.now())
    response = RedirectResponse(f"{root(request)}/login", status_code=303)
    desk.cookies.take(request, response)
    return response


def _form(
    desk: Desk,
    request: Request,
    *,
    language: str,
    onward: str,
    status: int,
    problem: Sentence | None = None,
) -> Response:
    anchor = desk.cookies.anchor(request)
    response = desk.renderer.login(
        root=root(request),
        token=desk.cookies.form_token(anchor),
        language=language if language in LANGUAGES else DEFAULT_LANGUAGE,
        onward=onward,
        problem=problem,
        status=status,
    )
    if desk.cookies.token(request) is None:
        desk.cookies.give_anchor(request, response, anchor)
    return response
