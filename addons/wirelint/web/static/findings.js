// The list of findings: one row per fingerprint, made once and then kept up to date in place.

import { ago, byId, clock, count, duration, el, iso, prose, say } from "./dom.js";

const SEVERITIES = ["info", "low", "medium", "high"];
const items = new Map();
let rules = new Map();

const ORDERS = {
  gravest: (a, b) => grade(b) - grade(a) || b.first_seen - a.first_seen,
  latest: (a, b) => b.last_seen - a.last_seen,
  most: (a, b) => b.count - a.count || grade(b) - grade(a),
};

const grade = (finding) => SEVERITIES.indexOf(finding.severity);

export const setRules = (list) => {
  rules = new Map(list.map((rule) => [rule.id, rule]));
};
export const known = () => [...items.values()].map((item) => item.finding);

/** Lets go of all that are not among those given. */
export function retain(findings) {
  const held = new Set(findings.map((finding) => finding.fingerprint));
  for (const [fingerprint, item] of items) {
    if (held.has(fingerprint)) continue;
    item.node.remove();
    items.delete(fingerprint);
  }
}

/** Takes in findings that are new or changed. */
export function update(findings) {
  for (const finding of findings) {
    const item = items.get(finding.fingerprint);
    if (item) {
      item.finding = finding;
      fill(item);
      if (item.details.open) load(item);
    } else {
      items.set(finding.fingerprint, make(finding));
    }
  }
}

function matches(finding, filter) {
  if (filter.fingerprint && finding.fingerprint !== filter.fingerprint) return false;
  if (filter.service && finding.service !== filter.service) return false;
  if (filter.rule && finding.rule !== filter.rule) return false;
  if (grade(finding) < Number(filter.severity)) return false;
  if (filter.kind && !counts(finding, filter.kind)) return false;
  if (!filter.text) return true;
  const text = [finding.rule, finding.service, finding.method, finding.route, finding.status, finding.message,
    finding.evidence, finding.trace_id, finding.fingerprint].join(" ").toLowerCase();
  return filter.text.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

const GROUPS = { lied: ["hidden", "masked", "blamed"], swapped: ["masked", "blamed"] };

/** Whether a finding was made in exchanges that a figure on top counts. */
function counts(finding, kind) {
  if (kind === "client") return finding.side === "client";
  return (GROUPS[kind] ?? [kind]).some((each) => finding.kinds[each]);
}

/** Puts the findings that match into order; the number of them. */
export function arrange(filter) {
  const list = byId("list");
  const wanted = [...items.values()].filter((item) => matches(item.finding, filter));
  wanted.sort((a, b) => ORDERS[filter.order](a.finding, b.finding));
  const keep = new Set(wanted);
  for (const item of items.values()) if (!keep.has(item)) item.node.remove();
  wanted.forEach((item, place) => {
    if (list.children[place] !== item.node) list.insertBefore(item.node, list.children[place] ?? null);
    say(item.seen, ago(item.finding.last_seen));
  });
  if (filter.fingerprint && wanted.length === 1 && !wanted[0].opened) {
    wanted[0].opened = true;
    wanted[0].details.open = true;
  }
  return wanted.length;
}

function make(finding) {
  const item = {
    finding,
    severity: el("span", { class: "severity" }),
    rule: el("span", { class: "rule" }),
    message: el("span", { class: "message" }),
    service: el("span", { class: "service" }),
    method: el("span", { class: "method" }),
    route: el("span", { class: "route" }),
    status: el("span", { class: "status" }),
    count: el("span", { class: "count" }),
    seen: el("time", { class: "seen" }),
    body: el("div", { class: "body" }),
    loading: false,
    opened: false,
  };
  const summary = el("summary", {},
    item.severity,
    el("span", { class: "what" }, item.message, item.rule),
    el("span", { class: "where" }, item.service, el("span", { class: "line" }, item.method, " ", item.route)),
    item.status,
    el("span", { class: "when" }, item.count, item.seen));
  item.details = el("details", {}, summary, item.body);
  item.details.addEventListener("toggle", () => item.details.open && load(item));
  item.node = el("li", { class: "finding" }, item.details);
  fill(item);
  return item;
}

function fill(item) {
  const finding = item.finding;
  item.node.dataset.severity = finding.severity;
  item.severity.className = `severity ${finding.severity}`;
  say(item.severity, finding.severity);
  say(item.rule, finding.rule);
  say(item.message, finding.message);
  const notes = [finding.side === "client" ? "client" : "", finding.direction === "outbound" ? "outbound" : ""].filter(Boolean);
  say(item.service, notes.length ? `${finding.service} (${notes.join(", ")})` : finding.service);
  say(item.method, finding.method);
  say(item.route, finding.route);
  const was = finding.status ?? "no response";
  const key = `${was}|${finding.suggested_status}`;
  if (item.status.dataset.shown !== key) {
    item.status.dataset.shown = key;
    item.status.replaceChildren(el("span", { class: "was" }, String(was)));
    if (finding.suggested_status) {
      item.status.append(el("span", { class: "arrow", "aria-hidden": "true" }, "→"), el("span", { class: "unseen" }, "better"),
        el("span", { class: "better" }, String(finding.suggested_status)));
    }
  }
  say(item.count, `${count(finding.count)} ×`);
  item.seen.dateTime = iso(finding.last_seen);
  item.seen.title = `first ${clock(finding.first_seen)}, last ${clock(finding.last_seen)}`;
}

async function load(item) {
  if (item.loading) return;
  item.loading = true;
  try {
    const answer = await fetch(`/api/findings/${item.finding.fingerprint}`, { signal: AbortSignal.timeout(5000) });
    if (answer.ok) show(item, await answer.json());
  } catch {
    // The next poll tells that there is no connection.
  } finally {
    item.loading = false;
  }
}

function show(item, finding) {
  if (!item.examples) {
    item.evidence = el("pre", { class: "evidence", tabindex: "0" });
    item.examples = el("tbody");
    item.facts = el("dl", { class: "facts" });
    item.story = el("ol", { class: "story" });
    item.told = el("div", {}, el("h3", {}, "What happened"), item.story);
    const head = ["Time", "Request", "Status", "Took", "Trace"].map((text) => el("th", { scope: "col" }, text));
    item.body.replaceChildren(
      el("div", { class: "seen-on-wire" },
        el("h3", {}, "Evidence"), item.evidence, item.told,
        el("h3", {}, "Latest examples"),
        el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Examples" },
          el("table", { class: "examples" }, el("thead", {}, el("tr", {}, ...head)), item.examples)),
        item.facts),
      advice(finding));
  }
  say(item.evidence, finding.evidence || "(none beside the status)");
  item.told.hidden = finding.story.length === 0;
  item.story.replaceChildren(...finding.story.map((step) => tell(step, finding, new Set(finding.story.map((each) => each.service)).size > 1)));
  item.examples.replaceChildren(...finding.examples.map((example) =>
    el("tr", {},
      el("td", {}, el("time", { datetime: iso(example.time) }, clock(example.time))),
      el("td", { class: "route" }, example.request),
      el("td", {}, String(example.status ?? "none")),
      el("td", { class: "number" }, duration(example.duration)),
      el("td", { class: "trace" }, example.trace_id ?? "–"))));
  const facts = [["Confidence", finding.confidence], ["Verdict", finding.verdict.replace("_", " ")], ["Fault of", finding.side],
    ["First seen", clock(finding.first_seen)], ["Last seen", clock(finding.last_seen)], ["Trace", finding.trace_id ?? "–"]];
  item.facts.replaceChildren(...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
    el("div", {}, el("dt", {}, "Permalink"), el("dd", {}, el("a", { href: `/findings/${finding.fingerprint}` }, finding.fingerprint))));
}

/** One of the exchanges that prove a finding; the one that it is about stands out. */
function tell(step, finding, several) {
  const line = el("span", { class: "route" }, several ? `${step.service} ` : "", step.request);
  const outcome = el("span", { class: "outcome" }, step.outcome);
  const time = step.time ? el("time", { datetime: step.time }, clock(Date.parse(step.time) / 1000)) : null;
  const about = step.exchange_id === finding.examples[0]?.id;
  return el("li", { class: about ? "about" : "" }, line, " ", outcome, el("span", { class: "note" }, step.note), time);
}

/** What the rule's own text says on the matter. */
function advice(finding) {
  const rule = rules.get(finding.rule);
  const box = el("div", { class: "advice" });
  if (!rule) return box;
  box.append(el("p", { class: "summary" }, rule.summary, "."));
  for (const title of ["How to fix", "Why it matters", "Known exceptions", "References"]) {
    const section = rule.sections.find((each) => each.title === title);
    if (section) box.append(el("h3", {}, title), ...prose(section.text));
  }
  box.append(el("p", { class: "hint" }, rule.basis));
  return box;
}
