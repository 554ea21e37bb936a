// How the auditor does: what it did not inspect and why, its own faults, and whether it keeps up.

import { byId, count, duration, el } from "./dom.js";
import { get } from "./feed.js";

const EVERY = 5000;
let timer = 0;

/** Shows the numbers, and again every few seconds until stopped. */
export async function showHealth() {
  clearTimeout(timer);
  const [data, { learned }] = await Promise.all([get("/api/health"), get("/api/services")]);
  draw(data);
  drawLearned(learned);
  timer = setTimeout(() => showHealth().catch(() => {}), EVERY);
}

export const stopHealth = () => clearTimeout(timer);

function draw({ now, losses, ready, alive, kept, kept_without_messages: unkept, not_listed: unlisted }) {
  const figures = [
    ["Exchanges audited", count(now.audited ?? 0), now.captured > now.audited ? `of ${count(now.captured)} recorded` : "all that were recorded"],
    ["In flight", count(now.in_flight ?? 0), `${count(now.waiting ?? 0)} wait for their audit`],
    ["Event loop", duration(now.lag ?? 0), `late now, ${duration(now.lag_peak ?? 0)} at most`],
    ["Kept for this page", count(kept), unkept || unlisted ? `${count(unkept)} came without messages, ${count(unlisted)} not at all: too many at once` : "each with its messages"],
  ];
  byId("health-line").replaceChildren(words(now, losses, ready, alive));
  byId("health-figures").replaceChildren(...figures.map(([name, value, hint]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value), el("dd", { class: "hint" }, hint))));
  byId("health-table").hidden = losses.length === 0;
  byId("health-rows").replaceChildren(...losses.map((loss) =>
    el("tr", {}, el("td", {}, loss.what), el("td", {}, loss.why), el("td", {}, loss.service), el("td", { class: "number" }, count(loss.number)))));
}

function drawLearned(learned) {
  byId("learned").hidden = learned.length === 0;
  byId("learned-list").replaceChildren(...learned.map(({ service, member, success, error }) =>
    el("li", {}, el("strong", {}, service || "(unnamed)"), " succeeds with ", el("code", {}, `"${member}": ${success}`),
      ". Audited as an error under success: ", el("code", {}, error), ".")));
}

function words(now, losses, ready, alive) {
  const faults = losses.filter((loss) => loss.what.startsWith("faults")).length;
  if (!alive) return el("p", { class: "gap bad" }, "The proxy does not answer: its event loop has not run for ten seconds.");
  if (!ready) return el("p", { class: "gap bad" }, "Not ready: the proxy is starting or stopping.");
  if (now.overloaded) return el("p", { class: "gap bad" }, "Overloaded: exchanges pass without an audit until the event loop keeps up.");
  if (faults) return el("p", { class: "gap bad" }, "wirelint had faults of its own. The traffic was not affected.");
  if (losses.length) return el("p", { class: "gap" }, "Not everything was inspected. The table says what, and why.");
  return el("p", { class: "gap good" }, "All well: everything that passed was inspected.");
}
