// The sandbox's doors. Everything goes through here: one origin, JSON, and words for what went wrong.

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function call(path, options) {
  const answer = await fetch(path, { ...options, credentials: "omit", cache: "no-store" });
  const body = await answer.json().catch(() => null);
  if (answer.ok) return body;
  throw new Refused(answer.status, typeof body?.detail === "string" ? body.detail : `HTTP ${answer.status}`);
}

export const look = (path) => call(path, { method: "GET" });

export const act = (path, body = {}) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const phonePath = (number, rest = "") => `/phones/${encodeURIComponent(number)}${rest}`;
