// The list of findings: the first hundred that match, more on demand, each row made once and then kept up to date.

import { ago, byId, clock, count, el, iso, say, svg } from "./dom.js";

const SEVERITIES = ["info", "low", "medium", "high"];
const STEP = 100;
const findings = new Map();
const rows = new Map();
let limit = STEP;

const grade = (finding) => SEVERITIES.indexOf(finding.severity);
const ORDERS = {
  gravest: (a, b) => grade(b) - grade(a) || b.first_seen - a.first_seen,
  latest: (a, b) => b.last_seen - a.last_seen,
  most: (a, b) => b.count - a.count || grade(b) - grade(a),
};

export const known = () => [...findings.values()];

let axis = { begin: null, width: 1 };
let alsoFound = new Set();

/** Lets go of all, or of those given. */
export function forget(gone = [...findings.keys()]) {
  for (const fingerprint of gone) findings.delete(fingerprint);
}

export const setAxis = (trend) => {
  axis = trend;
};

/** Findings that the server found by text that is not in the list, such as paths of examples. */
export const setAlsoFound = (fingerprints) => {
  alsoFound = new Set(fingerprints);
};

/** Takes in findings that are new or changed. */
export function update(list) {
  for (const finding of list) {
    finding.words = [finding.rule, finding.service, finding.method, finding.route, finding.status ?? "none", finding.suggested_status ?? "",
      finding.message, finding.evidence, finding.trace_id, finding.fingerprint].join(" ").toLowerCase();
    findings.set(finding.fingerprint, finding);
  }
}

const GROUPS = { lied: ["hidden", "masked", "blamed"], swapped: ["masked", "blamed"] };

/** Whether a finding was made in exchanges that a figure on top counts. */
function counts(finding, kind) {
  if (kind === "client") return finding.side === "client";
  return (GROUPS[kind] ?? [kind]).some((each) => finding.kinds[each]);
}

function matches(finding, filter, words) {
  return (!filter.service || finding.service === filter.service)
    && (!filter.rule || finding.rule === filter.rule)
    && grade(finding) >= Number(filter.severity)
    && (!filter.status || String(finding.status ?? "none") === filter.status)
    && (!filter.expected || String(finding.suggested_status ?? "none") === filter.expected)
    && (!filter.kind || counts(finding, filter.kind))
    && STATES[filter.state](finding.state)
    && (words.every((word) => finding.words.includes(word)) || alsoFound.has(finding.fingerprint));
}

const STATES = {
  open: (state) => state !== "resolved",
  resolved: (state) => state === "resolved",
  returned: (state) => state === "returned",
  all: () => true,
};

/** Puts the findings that match into order; returns their number. */
export function arrange(filter) {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = known().filter((finding) => matches(finding, filter, words));
  wanted.sort(ORDERS[filter.order]);
  const shown = wanted.slice(0, limit);
  const keep = new Set(shown.map((finding) => finding.fingerprint));
  for (const [fingerprint, row] of rows) {
    if (keep.has(fingerprint)) continue;
    row.node.remove();
    rows.delete(fingerprint);
  }
  const list = byId("list");
  shown.forEach((finding, place) => {
    let row = rows.get(finding.fingerprint);
    if (!row) rows.set(finding.fingerprint, (row = make(finding)));
    fill(row, finding);
    if (list.children[place] !== row.node) list.insertBefore(row.node, list.children[place] ?? null);
  });
  byId("more").hidden = wanted.length <= limit;
  say(byId("more"), `Show ${count(Math.min(STEP, wanted.length - limit))} more`);
  return wanted.length;
}

/** Shows a hundred more, or the first hundred alone. */
export function showMore(on = true) {
  limit = on ? limit + STEP : STEP;
}

function make(finding) {
  const row = {
    finding: null,
    severity: el("span", { class: "severity" }),
    rule: el("span", { class: "rule" }),
    message: el("span", { class: "message" }),
    service: el("span", { class: "service" }),
    line: el("span", { class: "line" }),
    status: el("span", { class: "status" }),
    state: el("span", { class: "state-of" }),
    trend: el("span", { class: "trend" }),
    count: el("span", { class: "count" }),
    seen: el("time", { class: "seen" }),
  };
  row.node = el("li", { class: "finding" },
    el("a", { href: `/findings/${finding.fingerprint}`, "data-fingerprint": finding.fingerprint },
      row.severity,
      el("span", { class: "what" }, row.message, el("span", {}, row.rule, " ", row.state)),
      el("span", { class: "where" }, row.line, row.service),
      row.status,
      row.trend,
      el("span", { class: "when" }, row.count, row.seen)));
  return row;
}

function fill(row, finding) {
  say(row.seen, ago(finding.last_seen));
  if (row.finding === finding) return;
  row.finding = finding;
  row.severity.className = `severity ${finding.severity}`;
  say(row.severity, finding.severity);
  say(row.rule, finding.rule);
  say(row.message, finding.message);
  const notes = [finding.side === "client" ? "client" : "", finding.direction === "outbound" ? "outbound" : ""].filter(Boolean);
  say(row.service, notes.length ? `${finding.service} (${notes.join(", ")})` : finding.service || "(unnamed)");
  row.line.replaceChildren(el("span", { class: "method" }, finding.method), " ", el("span", { class: "route" }, finding.route));
  row.status.replaceChildren(el("span", { class: "was" }, String(finding.status ?? "no response")));
  if (finding.suggested_status) {
    row.status.append(el("span", { class: "arrow", "aria-hidden": "true" }, "→"), el("span", { class: "unseen" }, "expected"),
      el("span", { class: "better" }, String(finding.suggested_status)));
  }
  row.state.className = `state-of ${finding.state}`;
  say(row.state, { resolved: "resolved", returned: "came back" }[finding.state] ?? "");
  row.trend.replaceChildren(trend(finding.trend));
  say(row.count, `${count(finding.count)} ×`);
  row.seen.dateTime = iso(finding.last_seen);
  row.seen.title = `first ${clock(finding.first_seen)}, last ${clock(finding.last_seen)}`;
}

const HEIGHT = 16;

/** How often a finding was made in each part of the time since the first one. */
function trend(counts) {
  const now = axis.begin === null ? counts.length : Math.min(counts.length, Math.floor((Date.now() / 1000 - axis.begin) / axis.width) + 1);
  const shown = counts.slice(0, Math.max(1, now, counts.findLastIndex(Boolean) + 1));
  const most = Math.max(...shown, 1);
  const bars = shown.map((number, place) => {
    const height = number ? Math.max(2, (HEIGHT * number) / most) : 0.75;
    return `M${place * 3} ${HEIGHT}v${-height.toFixed(2)}h2v${height.toFixed(2)}z`;
  });
  return svg("svg", { viewBox: `0 0 ${shown.length * 3 - 1} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { d: bars.join("") }));
}
