"""The desk: takes a request, sees who asks and whether they may, opens one Work, and answers with a page."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import NoResultFound
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from admin.cookies import Cookies
from admin.forms import read_form
from admin.lists import MAX_ID
from admin.render import Renderer
from admin.show import Elsewhere, File, Page
from core.base.callers import caller
from core.base.clock import Clock, MachineClock
from core.base.database import OpensWork, Work
from core.base.errors import Refusal
from core.base.log import draw_request_id, following, logger
from core.base.secrets import Keyring
from core.base.settings import Brand, Settings
from core.base.words import say
from core.messaging.carrier import Document
from core.staff.audit import Actor
from core.staff.roles import Permission, may
from core.staff.sessions import Visit, visit_of

_OWN_PATH = re.compile(r"/(?:[a-z0-9-]+/)*[a-z0-9-]*")
"""Where a login may lead on to: a plain path of ours, never another host."""


class StaffWebDeps(OpensWork, Protocol):
    """What the staff web needs of the assembled program."""

    @property
    def keyring(self) -> Keyring: ...
    @property
    def brand(self) -> Brand: ...
    def paper(self, work: Work, document: str, *, language: str) -> Document | None:
        """An invoice or a credit note as a PDF."""
        ...


@dataclass(frozen=True, slots=True)
class Ask:
    """What a page function is handed. ids: those in the path; form: of a POST, its token already checked."""

    work: Work
    visit: Visit
    source: str
    query: Mapping[str, str]
    ids: Mapping[str, int]
    form: Mapping[str, str]
    request: Request
    brand: Brand
    paper: Callable[..., Document | None]

    @property
    def actor(self) -> Actor:
        return self.visit.actor(self.source)

    def may(self, permission: Permission) -> bool:
        return self.visit.may(permission)


PageFunction = Callable[[Ask], Page | Elsewhere | File]


@dataclass(frozen=True, slots=True)
class Door:
    """One page: its path below /admin, what one must be allowed (all of it), and the function that answers."""

    path: str
    needs: Permission | tuple[Permission, ...]
    page: PageFunction
    method: str = "GET"

    def opens_to(self, role: str) -> bool:
        needs = (self.needs,) if isinstance(self.needs, str) else self.needs
        return all(may(role, permission) for permission in needs)


class Desk:
    """Holds what all pages share. machine: the machine's clock, for sessions and codes."""

    def __init__(self, deps: StaffWebDeps, shared: Settings, *, machine: Clock | None = None) -> None:
        self.deps = deps
        self.live = shared.live
        self.machine = machine or MachineClock()
        self.cookies = Cookies(deps.keyring, secure=shared.public_url.startswith("https:"))
        self.renderer = Renderer(brand=deps.brand, live=shared.live)
        self._proxies = shared.trusted_proxies

    def source(self, request: Request) -> str:
        """The caller's address, by the trusted proxy's hop."""
        peer = request.client.host if request.client else ""
        return caller(peer, request.headers.get("x-forwarded-for", ""), self._proxies)

    def route(self, door: Door) -> Route:
        """The door as a route: form and token are checked before anything is opened."""

        async def answer(request: Request) -> Response:
            form = await self.checked_form(request) if door.method == "POST" else {}
            return await run_in_threadpool(self._answer, door, request, form)

        return Route(door.path, answer, methods=[door.method], name=f"{door.method} {door.path}")

    async def checked_form(self, request: Request) -> dict[str, str]:
        """The form, if it was made by us for this browser; HTTP 403 otherwise."""
        form = await read_form(request)
        if not self.cookies.fits(request, form.get("token", "")):
            logger("admin").warning("form_refused", source=self.source(request))
            raise HTTPException(403)
        return form

    def visit(self, work: Work, request: Request) -> Visit | None:
        """Who is logged in on this browser."""
        token = self.cookies.token(request)
        if token is None:
            return None
        return visit_of(work, token, live=self.live, machine_now=self.machine.now())

    def _answer(self, door: Door, request: Request, form: dict[str, str]) -> Response:
        ids = {name: int(value) for name, value in request.path_params.items()}
        if any(value > MAX_ID for value in ids.values()):
            raise HTTPException(404)
        request_id = draw_request_id()
        with following(request_id):
            try:
                with self.deps.work(request_id) as work:
                    visit = self.visit(work, request)
                    if visit is None:
                        return self._to_login(request)
                    if not door.opens_to(visit.role):
                        logger("admin").info("not_allowed", route=door.path, staff=visit.staff_id)
                        return self._say_no(request, visit)
                    found = door.page(
                        Ask(
                            work=work,
                            visit=visit,
                            source=self.source(request),
                            query=request.query_params,
                            ids=ids,
                            form=form,
                            request=request,
                            brand=self.deps.brand,
                            paper=self.deps.paper,
                        )
                    )
            except NoResultFound:
                raise HTTPException(404) from None
            except Refusal as refusal:
                return self._refused(request, refusal)
        if isinstance(found, Elsewhere):
            return RedirectResponse(f"{root(request)}{found.path}", status_code=303)
        if isinstance(found, File):
            named = {"Content-Disposition": f'attachment; filename="{found.name}"'}
            return Response(found.content, media_type=found.media_type, headers=named)
        return self.renderer.page(found, visit=visit, root=root(request), token=self._form_token(request))

    def _form_token(self, request: Request) -> str:
        return self.cookies.form_token(self.cookies.anchor(request))

    def _to_login(self, request: Request) -> Response:
        path = request.scope["path"].removeprefix(root(request))
        onward = f"?next={path}" if request.method == "GET" and own_path(path) not in ("", "/") else ""
        return RedirectResponse(f"{root(request)}/login{onward}", status_code=303)

    def _say_no(self, request: Request, visit: Visit) -> Response:
        return self.renderer.message(
            say("Your role does not allow this."), root=root(request), language=visit.language, status=403
        )

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        with self.deps.work() as work:
            visit = self.visit(work, request)
        language = visit.language if visit else "en"
        return self.renderer.message(refusal.sentence, root=root(request), language=language, status=409)


def root(request: Request) -> str:
    """Where the staff web is mounted: "/admin"."""
    return str(request.scope.get("root_path", ""))


def own_path(text: str) -> str:
    """A path to be led on to after the login; empty for anything that is not plainly ours."""
    return text if _OWN_PATH.fullmatch(text) else ""
