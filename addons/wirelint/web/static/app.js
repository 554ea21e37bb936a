// Chooses the view by the address, and shows what the server says. Rests while the page is hidden.

import { action, post } from "./actions.js";
import { byId, clock, count, el, say } from "./dom.js";
import { follow as followServer, get } from "./feed.js";
import { refreshFinding, setRules, showFinding } from "./finding.js";
import { showHealth, stopHealth } from "./health.js";
import { arrange, forget, known, setAlsoFound, setAxis, showMore, update } from "./list.js";
import { offerServices, refreshLog, showOne, startLog } from "./log.js";
import { forget as forgetPace, showCounted, showOverview } from "./overview.js";

const DEFAULTS = { service: "", rule: "", severity: "0", status: "", expected: "", kind: "", state: "open", text: "", order: "gravest" };
const filter = { ...DEFAULTS };
const controls = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, byId(name === "order" ? "order" : `filter-${name}`)]));
let view = { name: "", id: "" };
let run = "";
let latest = null;
let answered = 0;
let listeners = null;
let restart = null;

/** Takes in what the server says; the revision that the page then has, or null if it needs everything. */
function take(data, everything) {
  if (run && data.run !== run) restarted();
  else if (!everything && data.gone === null) return null;
  if (everything) forget();
  else forget(data.gone);
  update(data.findings);
  for (const finding of data.findings) if (finding.fingerprint === view.id) refreshFinding(finding);
  setAxis(data.trend);
  run = data.run;
  latest = data;
  answered = Date.now() / 1000;
  state("live", "live");
  scheduleDraw();
  return data.revision;
}

function restarted() {
  forget();
  forgetPace();
  listeners = null;
}

function lost() {
  state("lost", answered ? `no answer since ${clock(answered)}` : "no answer");
}

/** What changes rarely: the addresses of the proxy, and the rules. */
async function learn() {
  if (listeners !== null) return;
  const [services, rules] = await Promise.all([get("/api/services"), get("/api/rules")]);
  listeners = services.listeners;
  setRules(rules.rules);
}

let drawing = 0;
function scheduleDraw() {
  drawing ||= requestAnimationFrame(async () => {
    drawing = 0;
    try {
      await learn();
      draw();
      if (view.name === "exchanges" && !view.id) await refreshLog();
    } catch {
      lost();
    }
  });
}

function state(kind, text) {
  byId("state").dataset.kind = kind;
  say(byId("state"), text);
}

function draw() {
  if (latest === null) return;
  const all = known();
  document.title = all.length ? `(${all.length}) wirelint` : "wirelint";
  say(byId("nav-count"), all.length ? count(all.length) : "");
  offerServices(latest.services.map((each) => each.service).sort());
  if (view.name !== "findings" || view.id) return;
  showOverview(latest, choose);
  showCounted(latest, filter.kind, filter.service);
  offer(controls.service, all.map((finding) => finding.service), filter.service);
  offer(controls.rule, all.map((finding) => finding.rule), filter.rule);
  offer(controls.status, all.map((finding) => String(finding.status ?? "none")), filter.status);
  offer(controls.expected, all.map((finding) => String(finding.suggested_status ?? "none")), filter.expected);
  const shown = arrange(filter);
  say(byId("shown"), shown === all.length ? count(all.length) : `${count(shown)} of ${count(all.length)}`);
  byId("filters").hidden = all.length === 0 && !filter.kind;
  byId("save").setAttribute("href", `/api/har${filter.service ? `?${new URLSearchParams({ service: filter.service })}` : ""}`);
  byId("shown").hidden = all.length === 0;
  showEmpty(shown, all.length);
}

/** Offers each value once, and the chosen one even if there is no finding of it (yet). */
function offer(select, values, chosen) {
  const wanted = [...new Set(chosen ? [...values, chosen] : values)].sort();
  const there = [...select.options].slice(1).map((option) => option.value);
  if (wanted.join("\n") === there.join("\n") && select.value === chosen) return;
  select.replaceChildren(select.options[0], ...wanted.map((value) => el("option", { value }, value)));
  select.value = chosen;
}

function choose(change) {
  Object.assign(filter, change);
  for (const [name, control] of Object.entries(controls)) if (control.value !== filter[name]) control.value = filter[name];
  showMore(false);
  if ("text" in change) searchServer();
  if (view.name === "findings" && !view.id) history.replaceState(null, "", listAddress());
  draw();
}

function listAddress() {
  const query = new URLSearchParams(Object.entries(filter).filter(([name, value]) => value !== DEFAULTS[name]));
  return query.size ? `/findings?${query}` : "/";
}

let searching = 0;

/** Asks the server for findings that have the text in an example: a path, a trace id. */
function searchServer() {
  clearTimeout(searching);
  setAlsoFound([]);
  const text = filter.text.trim();
  if (text.length < 2) return;
  searching = setTimeout(async () => {
    const data = await get(`/api/findings?${new URLSearchParams({ q: text })}`).catch(() => null);
    if (data === null || filter.text.trim() !== text) return;
    setAlsoFound(data.findings.map((finding) => finding.fingerprint));
    draw();
  }, 250);
}

function showEmpty(shown, all) {
  const box = byId("empty");
  box.hidden = shown > 0;
  if (shown > 0) return;
  const key = latest.totals.exchanges === 0 ? "silence" : all === 0 ? "clean" : "filtered";
  const shape = `${key} ${key === "clean" ? latest.totals.unanswered : ""}`;
  if (box.dataset.shown === shape) return;
  box.dataset.shown = shape;
  box.replaceChildren(...EMPTY[key]());
}

const EMPTY = {
  silence: () => [el("h3", {}, "Waiting for traffic"), ...hints()],
  clean: () => latest.totals.unanswered
    ? [el("h3", {}, "No findings, but not every request got a response"), el("p", {}, `${count(latest.totals.unanswered)} of ${count(latest.totals.exchanges)} exchanges had none.`)]
    : [el("h3", {}, "All well"), el("p", {}, "Every status so far was true. Findings appear here as they are made.")],
  filtered: () => {
    const clear = el("button", { type: "button" }, "Clear filters");
    clear.addEventListener("click", () => choose({ ...DEFAULTS, order: filter.order }));
    return [el("h3", {}, "No finding matches"), el("p", {}, clear)];
  },
};

function hints() {
  if (!listeners?.length) return [el("p", {}, "Send requests through the proxy. Findings appear here as they are made.")];
  const lines = listeners.map((listener) =>
    listener.service
      ? el("li", {}, el("span", {}, "for ", el("b", {}, listener.service)), el("code", {}, listener.url), el("code", { class: "command" }, `curl -i ${listener.url}/`))
      : el("li", {}, el("span", {}, "as HTTP proxy"), el("code", {}, listener.url), el("code", { class: "command" }, `curl -x ${listener.url} http://…`)));
  return [el("p", {}, "Send requests through wirelint instead of straight to the service:"), el("ul", { class: "listeners" }, ...lines)];
}

/** Shows the view that the address names. */
async function go() {
  const [, name, id = ""] = location.pathname.split("/");
  view = { name: ["exchanges", "health"].includes(name) ? name : "findings", id: decodeURIComponent(id) };
  const shown = view.id ? `${view.name.slice(0, -1)}-view` : `${view.name}-list`;
  for (const section of document.querySelectorAll("main > [data-view]")) section.hidden = section.id !== shown;
  for (const link of document.querySelectorAll("nav [data-view]")) {
    if (link.dataset.view === view.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    stopHealth();
    if (view.name === "health") await showHealth();
    else if (view.name === "exchanges") await (view.id ? showOne(view.id) : refreshLog(true));
    else if (view.id) await openFinding(view.id);
    else draw();
  } catch {
    state("lost", "no answer");
  }
  if (view.id) byId(shown).querySelector("h2")?.focus();
}

async function openFinding(fingerprint) {
  const box = byId("finding-view");
  box.replaceChildren();
  const answer = await fetch(`/api/findings/${encodeURIComponent(fingerprint)}`, { signal: AbortSignal.timeout(5000) });
  if (view.id !== fingerprint) return;
  if (answer.ok) {
    await learn();
    box.replaceChildren(back(), showFinding(await answer.json()));
    return;
  }
  box.replaceChildren(back(), el("div", { class: "empty" }, el("h2", {}, "No such finding"),
    el("p", {}, "It has not been seen since wirelint was started, or was evicted by later ones. It comes back when it happens again.")));
}

const back = () => el("p", { class: "back" }, el("a", { href: listAddress() }, "← All findings"));

/** Follows links of the page without loading it again. */
function follow(event) {
  const link = event.target.closest?.("a[href^='/']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button || link.hasAttribute("download")) return;
  if (!/^\/($|findings|exchanges|health)/.test(link.getAttribute("href"))) return;
  event.preventDefault();
  history.pushState(null, "", link.getAttribute("href"));
  readFilters();
  go();
  if (!view.id) scrollTo(0, 0);
}

/** Takes the filters from the address of the list; other views leave them as they are. */
function readFilters() {
  if (!/^\/(findings)?$/.test(location.pathname)) return;
  const query = new URLSearchParams(location.search);
  for (const [name, control] of Object.entries(controls)) {
    filter[name] = query.get(name) ?? DEFAULTS[name];
    if (["service", "rule", "status", "expected"].includes(name)) offer(control, [], filter[name]);
    else control.value = filter[name];
    if (control.value !== filter[name]) filter[name] = control.value = DEFAULTS[name];
  }
}

/** Goes back to the list, filtered as it was. */
function leave() {
  history.pushState(null, "", view.name === "exchanges" ? "/exchanges" : listAddress());
  go();
}

function keys(event) {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const search = byId(view.name === "exchanges" ? "log-text" : "filter-text");
    if (view.id || view.name === "health") leave();
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && view.id && !typing) {
    const { id } = view;
    leave();
    document.querySelector(`[data-fingerprint="${CSS.escape(id)}"], [data-exchange="${CSS.escape(id)}"]`)?.focus();
  }
}

function start() {
  readFilters();
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  for (const [name, control] of Object.entries(controls)) {
    control.addEventListener("input", () => choose({ [name]: control.value }));
  }
  for (const figure of document.querySelectorAll(".figure")) {
    figure.addEventListener("click", () => {
      choose({ kind: figure.dataset.kind });
      byId("findings").scrollIntoView();
    });
  }
  byId("more").addEventListener("click", () => {
    showMore();
    draw();
  });
  startLog();
  document.addEventListener("click", follow);
  document.addEventListener("keydown", keys);
  document.addEventListener("visibilitychange", () => document.hidden && state("resting", "resting"));
  addEventListener("popstate", () => {
    readFilters();
    go();
  });
  byId("list-actions").prepend(action("Clear", async () => {
    await post("/api/clear");
    restart();
    return "Cleared. Totals and metrics stay";
  }));
  go();
  restart = followServer(take, lost);
}

start();
