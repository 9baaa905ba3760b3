// Each router: its power, its fault, what it holds for the number, and who of it is online.
import { find, make, redraw } from "./dom.js";
import { act } from "./doors.js";
import { language, say } from "./speech.js";
import { routerSpan, toMinute } from "./times.js";

const FAULTS = { silent: "router_silent", cut: "router_cut", fatal: "router_fatal", refusing: "router_refusing" };
const ACTIONS = {
  hotspot: { row: "voucherRow", enter: "logIn", leave: "logOut", enterLong: "logInLong", leaveLong: "logOutLong" },
  pppoe: { row: "homeRow", enter: "dialHome", leave: "hangUp", enterLong: "dialHomeLong", leaveLong: "hangUpLong" },
};

export function startRouters(desk) {
  const refusals = new Map(); // what a router last said to a login, by router and name
  let faults = null;

  const path = (router, rest) => `/routers/${encodeURIComponent(router.name)}${rest}`;
  const keyOf = (router, name) => `${router.name} ${name}`;

  async function enter(router, held) {
    const { name, password, service } = held;
    await desk.attempt(async () => {
      const answer = await act(path(router, "/sessions"), { username: name, password, service });
      if (answer.ok) refusals.delete(keyOf(router, name));
      else refusals.set(keyOf(router, name), answer.error);
    });
  }

  async function leave(router, { name, service }) {
    refusals.delete(keyOf(router, name));
    await desk.attempt(() => act(path(router, "/sessions/hangup"), { username: name, service }));
  }

  async function setFault(router, chosen) {
    const change = {};
    for (const [kind, list] of Object.entries(FAULTS)) {
      const others = faults[list].filter((name) => name !== router.name);
      change[list] = kind === chosen ? [...others, router.name] : others;
    }
    await desk.attempt(() => act("/faults", change));
  }

  function power(router) {
    return make(
      "button",
      {
        type: "button", class: "switch", role: "switch", "aria-checked": String(router.on), "data-stay": `power ${router.name}`,
        "aria-label": say("routerPower", router),
        onclick: () => desk.attempt(() => act(path(router, "/power"), { on: !router.on })),
      },
      make("span", { class: "knob", "aria-hidden": "true" }),
      make("span", { class: "state", "aria-hidden": "true" }, say(router.on ? "routerOn" : "routerOff")),
    );
  }

  function fault(router) {
    const options = ["normal", ...Object.keys(FAULTS)].map((kind) =>
      make("option", { value: kind, selected: kind === router.fault }, say(`rf_${kind}`)),
    );
    return make(
      "select",
      {
        class: router.fault === "normal" ? "" : "odd", "aria-label": say("routerFault", router), "data-stay": `fault ${router.name}`,
        onchange: (event) => setFault(router, event.target.value),
      },
      ...options,
    );
  }

  function row(router, held) {
    const words = ACTIONS[held.service];
    const online = router.online.find((session) => session.kind === held.service && session.username === held.name);
    const refusal = refusals.get(keyOf(router, held.name));
    const what = { name: held.name, router: router.name };
    const facts = [held.profile, held.limit && say("rowLimit", { limit: routerSpan(held.limit) }), held.disabled && say("rowDisabled")].filter(Boolean);
    const since = online && say("online", { time: toMinute(new Date(online.started)), address: online.address, down: online.download_bps / 1e6 });
    return make(
      "li",
      { class: `held ${online ? "online" : ""} ${held.disabled ? "shut" : ""}` },
      make("div", {}, make("span", { class: "label" }, say(words.row)), make("code", {}, held.name), make("small", {}, facts.join(" · "))),
      make(
        "button",
        {
          type: "button", class: online ? "" : "main", "data-stay": `enter ${router.name} ${held.name}`,
          "aria-label": say(online ? words.leaveLong : words.enterLong, what),
          onclick: () => (online ? leave(router, held) : enter(router, held)),
        },
        say(online ? words.leave : words.enter),
      ),
      since ? make("p", { class: "since" }, since) : null,
      refusal && !online ? make("p", { class: "refusal", role: "status" }, say("refused", { why: refusal })) : null,
    );
  }

  function tile(router) {
    return make(
      "article",
      { class: `router ${router.on ? "" : "dark"}`, "data-router": router.name },
      make(
        "header",
        {},
        make("span", { class: `led ${!router.on ? "off" : router.fault === "normal" ? "on" : "ill"}`, "aria-hidden": "true" }),
        make("h3", {}, router.name, make("small", {}, `${router.site} · RouterOS ${router.version}`)),
        fault(router),
        power(router),
      ),
      router.held.length
        ? make("ul", {}, ...router.held.map((held) => row(router, held)))
        : make("p", { class: "nothing" }, say("holdsNothing")),
    );
  }

  function show(scene) {
    faults = scene.faults;
    // Counters and uptimes move all the time; only what is drawn decides whether to draw.
    const facts = scene.routers.map((router) => ({
      ...router,
      online: router.online.map(({ kind, username, started, address }) => [kind, username, started, address]),
    }));
    redraw(find("routers"), [facts, [...refusals], language(), scene.number], () => scene.routers.map(tile));
  }
  return { show };
}
