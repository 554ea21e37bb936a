// The figures on top, and the table of services.

import { byId, clock, count, duration, el, perSecond, say } from "./dom.js";

const MEMORY = 10; // seconds over which the pace is taken
const samples = [];
const rows = new Map();

/** Notes totals, so that two of them give a pace. */
function remember(data) {
  const now = performance.now() / 1000;
  const counts = new Map(data.services.map((service) => [service.service, service.exchanges]));
  samples.push({ now, all: data.totals.exchanges, counts });
  while (samples.length > 2 && now - samples[0].now > MEMORY) samples.shift();
}

function pace(read) {
  const [first, last] = [samples[0], samples.at(-1)];
  if (samples.length < 2 || last.now - first.now < 0.5) return null;
  return Math.max(0, (read(last) - read(first)) / (last.now - first.now));
}

export function forget() {
  samples.length = 0;
  for (const row of rows.values()) row.remove();
  rows.clear();
}

export function showOverview(data, choose) {
  remember(data);
  const totals = data.totals;
  say(byId("exchanges"), count(totals.exchanges));
  const rate = pace((sample) => sample.all);
  say(byId("pace"), rate === null ? "" : `${perSecond(rate)} per second`);
  for (const name of ["hidden_client", "hidden_server", "protocol_errors", "unanswered", "unknown", "client_findings", "lied", "reported", "true"]) {
    say(byId(name), count(totals[name]));
  }
  say(byId("swapped"), count(totals.masked + totals.blamed));
  say(byId("answered"), `of ${count(totals.answered)}`);
  say(byId("abandoned"), totals.abandoned ? `${count(totals.abandoned)} abandoned, after ${duration(totals.waited)} on average` : "");
  byId("lied-bar").style.inlineSize = `${(100 * totals.lied) / Math.max(totals.answered, 1)}%`;
  byId("true-bar").style.inlineSize = `${(100 * totals.true) / Math.max(totals.exchanges, 1)}%`;
  showGap(totals);
  showUnreachable(data.unreachable);
  byId("services").hidden = data.services.length === 0;
  showServices(data.services, choose);
}

const some = (number, what) => `${count(number)} ${what}${number === 1 ? "" : "s"}`;

function showGap(totals) {
  const gap = byId("gap");
  const lies = [
    [totals.hidden_client, "client error", "as success"],
    [totals.hidden_server, "server error", "as success"],
    [totals.masked, "server error", "under 4xx"],
    [totals.blamed, "client error", "under 5xx"],
  ].filter(([number]) => number);
  gap.classList.toggle("bad", totals.lied > 0);
  gap.classList.toggle("good", totals.answered > 0 && totals.lied === 0);
  if (!totals.exchanges) say(gap, "Nothing to compare yet");
  else if (lies.length) say(gap, lies.map(([number, what, how]) => `${some(number, what)} ${how}`).join(", "));
  else if (!totals.answered) say(gap, "No request got a response");
  else say(gap, "Status codes are true so far");
}

const GROUPS = { lied: ["hidden", "masked", "blamed"], swapped: ["masked", "blamed"] };
let counted = "";

/** Lists the exchanges that a chosen figure counts, by service, status, what happened, and protocol. */
export function showCounted(data, kind, service) {
  const rows = [];
  if (kind && kind !== "client") {
    for (const each of data.services) {
      if (service && each.service !== service) continue;
      if (kind === "protocol_errors") {
        if (each.protocol_errors) rows.push([each.service, "1xx to 3xx", "error in the content", "as the protocol wants it", each.protocol_errors]);
        continue;
      }
      for (const outcome of each.outcomes) {
        if ((GROUPS[kind] ?? [kind]).some((name) => outcome.kinds.includes(name))) {
          rows.push([each.service, outcome.status === "none" ? "no response" : outcome.status, outcome.verdict.replace("_", " "), outcome.protocol, outcome.count]);
        }
      }
    }
  }
  rows.sort((a, b) => b[4] - a[4]);
  byId("counted").hidden = rows.length === 0;
  const shape = JSON.stringify(rows);
  if (shape === counted) return;
  counted = shape;
  byId("counted-rows").replaceChildren(...rows.map((row) =>
    el("tr", {}, ...row.map((value, place) => el("td", { class: place === 4 ? "number" : "" }, place === 4 ? count(value) : value || "(unnamed)")))));
}

/** Names the services that cannot be connected to. */
function showUnreachable(services) {
  byId("unreachable").hidden = services.length === 0;
  byId("unreachable-list").replaceChildren(...services.map((each) =>
    el("li", {}, el("b", {}, `${each.service || "(unnamed)"}: `), `cannot connect to ${each.address} (${each.reason})`,
      el("span", { class: "hint" }, ` ${some(each.count, "exchange")} since ${clock(each.since)}`))));
}

function showServices(services, choose) {
  const body = byId("service-rows");
  const share = (service) => (service.answered ? service.lied / service.answered : 0);
  const order = [...services].sort((a, b) => share(b) - share(a) || a.service.localeCompare(b.service));
  order.forEach((service, place) => {
    let row = rows.get(service.service);
    if (!row) {
      row = makeRow(service, choose);
      rows.set(service.service, row);
    }
    if (body.children[place] !== row) body.insertBefore(row, body.children[place] ?? null);
    fillRow(row, service);
  });
}

/** A number that leads to the findings it counts. */
function figure(service, kind, choose) {
  const made = el("button", { type: "button", class: "figure", title: "Show its findings alone" });
  made.addEventListener("click", () => choose({ service: service.service, kind }));
  return made;
}

function makeRow(service, choose) {
  const name = el("button", { type: "button", class: "link", title: "Show its findings alone" }, service.service || "(unnamed)");
  name.addEventListener("click", () => choose({ service: service.service, kind: "" }));
  const row = el("tr", {}, el("th", { scope: "row" }, name));
  row.append(el("td", { class: "number" }), el("td", { class: "number pace" }));
  for (const kind of ["lied", "reported", "true"]) row.append(el("td", { class: "number" }, figure(service, kind, choose)));
  row.append(el("td", { class: "number" }, figure(service, "unanswered", choose)), el("td", { class: "worst" }));
  return row;
}

function fillRow(row, service) {
  const cells = row.children;
  say(cells[1], count(service.exchanges));
  const rate = pace((sample) => sample.counts.get(service.service) ?? 0);
  say(cells[2], rate === null ? "–" : perSecond(rate));
  say(cells[3].firstChild, `${count(service.lied)} of ${count(service.answered)}`);
  cells[3].classList.toggle("bad", service.lied > 0);
  say(cells[4].firstChild, count(service.reported));
  say(cells[5].firstChild, count(service.true));
  say(cells[6].firstChild, service.abandoned ? `${count(service.abandoned)} (${duration(service.waited)})` : "0");
  const worst = service.worst;
  if (cells[7].dataset.shown !== (worst?.fingerprint ?? "none")) {
    cells[7].dataset.shown = worst?.fingerprint ?? "none";
    cells[7].replaceChildren(
      ...(worst
        ? [el("span", { class: `severity ${worst.severity}` }, worst.severity), " ",
           el("a", { href: `/findings/${worst.fingerprint}` }, worst.rule)]
        : [el("span", { class: "hint" }, "none")]),
    );
  }
}
