// One finding: what was sent and what was expected, the exchanges that prove it, and what to do.

import { action, copy, curl, post } from "./actions.js";
import { byId, clock, count, el, iso, prose, say } from "./dom.js";
import { fetchExchange, showExchange } from "./exchange.js";

let opened = null;
let shownState = null;
let rules = new Map();
export const setRules = (list) => {
  rules = new Map(list.map((rule) => [rule.id, rule]));
};

/** Makes the view of a finding, given as /api/findings/{fingerprint} has it. */
export function showFinding(finding) {
  const rule = rules.get(finding.rule);
  const place = el("div", { class: "exchanges" });
  opened = null;
  return el("article", { class: "one-finding" },
    el("header", {},
      el("h2", { id: "finding-title", tabindex: "-1" }, el("span", { class: `severity ${finding.severity}` }, finding.severity), " ", finding.message),
      el("p", { class: "hint" }, el("code", {}, finding.rule), " in ", el("b", {}, finding.service || "(unnamed)"), " ",
        el("span", { class: "route" }, `${finding.method} ${finding.route}`)),
      actions(finding)),
    statuses(finding, rule),
    steps(finding, place),
    place,
    el("div", { class: "advice-and-facts" }, advice(rule), facts(finding)));
}

function actions(finding) {
  const state = el("span", { class: `state-of ${finding.state}` });
  const toggle = action("", async () => {
    const resolve = finding.state !== "resolved";
    await post(`/api/findings/${finding.fingerprint}/${resolve ? "resolve" : "reopen"}`);
    finding.state = resolve ? "resolved" : "open";
    name();
    return resolve ? "Resolved. It comes back when it happens again" : "Open again";
  });
  const name = () => {
    shownState = (now) => {
      if (now === finding.state) return;
      finding.state = now;
      name();
    };
    say(toggle, finding.state === "resolved" ? "Open again" : "Mark resolved");
    say(state, { resolved: "resolved", returned: "came back after it was resolved" }[finding.state] ?? "");
    state.className = `state-of ${finding.state}`;
  };
  name();
  return el("p", { class: "actions" },
    action("Copy as curl", async () => {
      const exchange = opened && (await opened);
      return exchange?.request ? copy(curl(exchange)) : "No exchange is kept";
    }),
    el("a", { class: "action", href: `/api/har?finding=${finding.fingerprint}`, download: true }, "Save as HAR"),
    action("Copy suppression", () => copy(finding.suppression)),
    toggle, state);
}

/** Which status was sent, which was expected, and why that one. */
function statuses(finding, rule) {
  const sent = finding.status === null ? "no response" : String(finding.status);
  const pair = (name, value, kind) => el("div", { class: kind }, el("dt", {}, name), el("dd", {}, value));
  return el("div", { class: "statuses" },
    el("dl", {}, pair("Sent", sent, "sent"),
      finding.suggested_status === null ? null : pair("Expected", String(finding.suggested_status), "expected"),
      pair("What happened", finding.verdict.replace("_", " "), "verdict")),
    el("div", { class: "why" },
      rule ? el("p", {}, `${rule.summary}. ${rule.basis[0].toUpperCase()}${rule.basis.slice(1)}.`) : null,
      finding.evidence ? el("p", {}, "Evidence: ", el("q", {}, finding.evidence)) : null,
      rule ? el("p", { class: "hint" }, `Confidence ${finding.confidence}: ${rule.because}.`) : null));
}

/** The exchanges of the story, or the latest examples; choosing one opens it below. */
function steps(finding, place) {
  const kept = new Map(finding.proofs.flat().map((line) => [line.id, line]));
  const own = finding.examples[0]?.id;
  const story = finding.story.length
    ? finding.story.map((step) => ({ ...step, id: step.exchange_id, time: step.time ? Date.parse(step.time) / 1000 : null }))
    : finding.proofs.map((proof) => ({ ...proof.at(-1), request: `${proof.at(-1).method} ${proof.at(-1).target}`, note: "" }));
  const several = new Set(story.map((step) => step.service)).size > 1;
  const buttons = story.map((step) => {
    const line = kept.get(step.id);
    const request = line ? `${line.method} ${line.target}` : step.request;
    const button = el("button", { type: "button", disabled: !line, title: line ? "" : "This exchange is no longer kept" },
      several ? el("b", {}, `${step.service} `) : null, el("span", { class: "route" }, request), " → ",
      el("span", { class: "outcome" }, step.outcome), step.note ? el("span", { class: "note" }, step.note) : null,
      step.time ? el("time", { datetime: iso(step.time) }, clock(step.time, true)) : null);
    button.addEventListener("click", () => choose(button, step.id));
    return { button, id: step.id, kept: Boolean(line) };
  });

  async function choose(chosen, id) {
    for (const { button } of buttons) button.setAttribute("aria-pressed", String(button === chosen));
    try {
      opened = fetchExchange(id, finding.fingerprint);
      const exchange = await opened;
      if (chosen.getAttribute("aria-pressed") !== "true") return;
      place.replaceChildren(exchange ? showExchange(exchange) : el("p", { class: "hint" }, "This exchange is no longer kept."));
    } catch {
      place.replaceChildren(el("p", { class: "hint" }, "wirelint does not answer."));
    }
  }

  const first = buttons.find(({ id, kept: there }) => there && id === own) ?? buttons.find(({ kept: there }) => there);
  if (first) choose(first.button, first.id);
  else place.replaceChildren(el("p", { class: "hint" }, "No exchange of this finding is kept. The next one that is seen will be."));
  if (buttons.length < 2) return null;
  return el("section", { class: "steps" }, el("h3", {}, finding.story.length ? "What happened" : "Latest examples"),
    el(finding.story.length ? "ol" : "ul", {}, ...buttons.map(({ button, id }) => el("li", { class: id === own ? "about" : "" }, button))));
}

function facts(finding) {
  return el("dl", { class: "facts", id: "finding-facts", "data-fingerprint": finding.fingerprint }, ...pairs(finding));
}

function pairs(finding) {
  const list = [["Seen", `${count(finding.count)} ×`], ["First", clock(finding.first_seen)], ["Last", clock(finding.last_seen)],
    ["Fault of", finding.side], ["Direction", finding.direction], ["Trace", finding.trace_id], ["Fingerprint", finding.fingerprint]];
  return list.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
}

/** Brings the numbers and the state of the finding that is shown up to date. */
export function refreshFinding(finding) {
  const box = byId("finding-facts");
  if (box?.dataset.fingerprint !== finding.fingerprint) return;
  box.replaceChildren(...pairs(finding));
  shownState?.(finding.state);
}

/** The rule's own text. */
function advice(rule) {
  const box = el("div", { class: "advice" });
  for (const title of ["How to fix", "Why it matters", "Known exceptions", "References"]) {
    const section = rule?.sections.find((each) => each.title === title);
    if (section) box.append(el("h3", {}, title), ...prose(section.text));
  }
  return box;
}
