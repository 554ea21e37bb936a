// The exchange log: the latest exchanges, filtered by the server; each one can be opened.

import { action, copy, curl } from "./actions.js";
import { byId, clock, count, duration, el, iso, say } from "./dom.js";
import { fetchExchange, showExchange } from "./exchange.js";

const PAGE = 100;
const controls = () => ({ q: byId("log-text"), service: byId("log-service"), status: byId("log-status"), verdict: byId("log-verdict") });
let listed = [];
let seen = -1;
let asked = 0;
let stale = true; // the filters have changed since

async function get(before = "") {
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const [name, control] of Object.entries(controls())) if (control.value) query.set(name, control.value);
  if (before) query.set("before", before);
  const answer = await fetch(`/api/exchanges?${query}`, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

/** Reads the latest exchanges, unless nothing has changed since. */
export async function refreshLog(changed = false) {
  if (!changed && listed.length > PAGE) return; // the reader is further down
  stale ||= changed;
  const mine = ++asked;
  const data = await get();
  if (mine !== asked || (!stale && data.revision === seen)) return;
  stale = false;
  seen = data.revision;
  listed = data.exchanges;
  draw(data);
}

async function more() {
  const data = await get(listed.at(-1)?.id);
  listed = [...listed, ...data.exchanges];
  draw(data);
}

function draw(data) {
  say(byId("log-shown"), `${count(listed.length)} of ${count(data.kept)} kept`);
  byId("log-more").hidden = data.exchanges.length < PAGE;
  byId("log-empty").hidden = listed.length > 0;
  say(byId("log-empty"), data.kept ? "No exchange matches." : "No exchange yet.");
  byId("log-table").hidden = listed.length === 0;
  const focused = document.activeElement?.dataset?.exchange;
  byId("log-rows").replaceChildren(...listed.map(row));
  if (focused) byId("log-rows").querySelector(`[data-exchange="${CSS.escape(focused)}"]`)?.focus();
}

function row(line) {
  const lies = line.rules.length > 0;
  return el("tr", {},
    el("td", {}, el("time", { datetime: iso(line.time) }, clock(line.time, true))),
    el("td", {}, line.service || "(unnamed)"),
    el("th", { scope: "row" }, el("a", { class: "route", href: `/exchanges/${encodeURIComponent(line.id)}`, "data-exchange": line.id }, `${line.method} ${line.target}`)),
    el("td", { class: "number" }, line.outcome),
    el("td", {}, line.verdict.replace("_", " ")),
    el("td", { class: "number" }, duration(line.duration)),
    el("td", { class: lies ? "bad" : "hint" }, line.rules.join(", ") || (line.skipped ? `not inspected: ${line.skipped.replaceAll("_", " ")}` : "")));
}

/** Offers the services that are known. */
export function offerServices(names) {
  const select = byId("log-service");
  const there = [...select.options].slice(1).map((option) => option.value);
  if (names.join("\n") === there.join("\n")) return;
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...names.map((name) => el("option", { value: name }, name)));
  select.value = chosen;
}

/** Shows one exchange of the log. */
export async function showOne(id) {
  const exchange = await fetchExchange(id);
  byId("exchange-view").replaceChildren(exchange
    ? el("div", {}, el("h2", { tabindex: "-1" }, el("span", { class: "route" }, `${exchange.method} ${exchange.target}`), ` → ${exchange.outcome}`),
        exchange.rules.length ? el("p", { class: "hint" }, `Findings: ${exchange.rules.join(", ")}`) : el("p", { class: "hint" }, "No finding."),
        exchange.request ? el("p", { class: "actions" }, action("Copy as curl", () => copy(curl(exchange)))) : null,
        showExchange(exchange))
    : el("p", { class: "empty" }, "This exchange is no longer kept."));
}

export function startLog() {
  byId("log-filters").addEventListener("submit", (event) => event.preventDefault());
  for (const control of Object.values(controls())) control.addEventListener("input", () => refreshLog(true));
  byId("log-more").addEventListener("click", more);
}
