// Asks once a second for what is new, and shows it. Rests while nobody looks.

import { arrange, known, retain, setRules, update } from "./findings.js";
import { byId, clock, count, el, say } from "./dom.js";
import { forget, showCounted, showOverview } from "./overview.js";

const EVERY = 1000;
const filter = { fingerprint: "", service: "", rule: "", severity: "0", kind: "", text: "", order: "gravest" };
const controls = {
  service: byId("filter-service"),
  rule: byId("filter-rule"),
  severity: byId("filter-severity"),
  kind: byId("filter-kind"),
  text: byId("filter-text"),
  order: byId("order"),
};
let run = "";
let revision = 0;
let latest = null;
let answered = 0;
let listeners = null;
let timer = 0;
let polling = false;

async function get(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

async function poll() {
  clearTimeout(timer);
  if (polling || document.hidden) return;
  polling = true;
  try {
    if (listeners === null) {
      const [services, rules] = await Promise.all([get("/api/services"), get("/api/rules")]);
      listeners = services.listeners;
      setRules(rules.rules);
    }
    let data = await get(`/api/findings?since=${revision}`);
    if (run && data.run !== run) {
      // wirelint was restarted.
      retain([]);
      forget();
      data = await get("/api/findings");
    }
    update(data.findings);
    if (known().length > data.total) {
      // Some had to make room; only all of them tell which.
      data = await get("/api/findings");
      update(data.findings);
      retain(data.findings);
    }
    ({ run, revision } = data);
    latest = data;
    answered = Date.now() / 1000;
    state("live", "live");
    draw();
  } catch {
    listeners = null;
    state("lost", answered ? `no answer since ${clock(answered)}` : "no answer");
  } finally {
    polling = false;
    timer = setTimeout(poll, EVERY);
  }
}

function state(kind, text) {
  byId("state").dataset.kind = kind;
  say(byId("state"), text);
}

function draw() {
  if (latest === null) return;
  showOverview(latest, choose, !filter.fingerprint);
  showCounted(latest, filter.fingerprint ? "" : filter.kind, filter.service);
  options(controls.service, known().map((finding) => finding.service), filter.service);
  options(controls.rule, known().map((finding) => finding.rule), filter.rule);
  const shown = arrange(filter);
  const all = known().length;
  say(byId("shown"), shown === all ? count(all) : `${count(shown)} of ${count(all)}`);
  byId("one").hidden = !filter.fingerprint;
  byId("filters").hidden = Boolean(filter.fingerprint) || (all === 0 && !filter.kind);
  byId("shown").hidden = Boolean(filter.fingerprint) || all === 0;
  showEmpty(shown, all);
  document.title = all ? `(${all}) wirelint` : "wirelint";
}

/** Offers each value once, and the chosen one even if there is no finding of it (yet). */
function options(select, values, chosen) {
  const wanted = [...new Set(chosen ? [...values, chosen] : values)].sort();
  const there = [...select.options].slice(1).map((option) => option.value);
  if (wanted.join("\n") === there.join("\n") && select.value === chosen) return;
  select.replaceChildren(select.options[0], ...wanted.map((value) => el("option", { value }, value)));
  select.value = chosen;
}

function choose(change) {
  Object.assign(filter, change);
  for (const [name, control] of Object.entries(controls)) if (control.value !== filter[name]) control.value = filter[name];
  const query = new URLSearchParams();
  for (const [name, fallback] of Object.entries({ service: "", rule: "", severity: "0", kind: "", text: "", order: "gravest" })) {
    if (filter[name] !== fallback) query.set(name, filter[name]);
  }
  if (!filter.fingerprint) history.replaceState(null, "", query.size ? `/findings?${query}` : "/");
  draw();
}

function showEmpty(shown, all) {
  const box = byId("empty");
  box.hidden = shown > 0;
  if (shown > 0) return;
  const key = latest.totals.exchanges === 0 ? "silence" : filter.fingerprint ? "gone" : all === 0 ? "clean" : "filtered";
  const shape = `${key} ${key === "clean" ? latest.totals.unanswered : ""}`;
  if (box.dataset.shown === shape) return;
  box.dataset.shown = shape;
  box.replaceChildren(...EMPTY[key]());
}

const EMPTY = {
  silence: () => [el("h3", {}, "Waiting for traffic"), ...hints()],
  clean: () => latest.totals.unanswered
    ? [el("h3", {}, "No findings, but not every request got a response"), el("p", {}, `${count(latest.totals.unanswered)} of ${count(latest.totals.exchanges)} exchanges had none.`)]
    : [el("h3", {}, "Nothing to object to"), el("p", {}, "Every exchange so far was what its status said. Findings appear here as they are made.")],
  gone: () => [el("h3", {}, "No such finding"), el("p", {}, "It has not been seen since wirelint was started, or had to make room for later ones. It comes back when it happens again.")],
  filtered: () => {
    const clear = el("button", { type: "button" }, "Clear filters");
    clear.addEventListener("click", () => choose({ service: "", rule: "", severity: "0", kind: "", text: "" }));
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

function start() {
  const path = location.pathname.split("/");
  if (path[1] === "findings" && path[2]) filter.fingerprint = path[2];
  const query = new URLSearchParams(location.search);
  for (const name of Object.keys(controls)) if (query.get(name)) filter[name] = query.get(name);
  options(controls.service, [], filter.service);
  options(controls.rule, [], filter.rule);
  for (const name of ["severity", "kind", "order"]) {
    controls[name].value = filter[name];
    if (controls[name].value !== filter[name]) filter[name] = controls[name].value = controls[name].options[0].value;
  }
  controls.text.value = filter.text;
  byId("filters").hidden = true;
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  for (const [name, control] of Object.entries(controls)) {
    control.addEventListener("input", () => choose({ [name]: control.value }));
  }
  for (const figure of document.querySelectorAll(".figure")) {
    figure.addEventListener("click", () => {
      if (filter.fingerprint) location.assign(`/findings?kind=${figure.dataset.kind}`);
      choose({ kind: figure.dataset.kind });
      byId("findings").scrollIntoView();
    });
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? state("resting", "resting") : poll()));
  poll();
}

start();
