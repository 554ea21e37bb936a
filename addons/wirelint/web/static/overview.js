// The figures on top, and the table of services.

import { byId, count, el, percent, perSecond, say } from "./dom.js";

const MEMORY = 10; // seconds over which the pace is taken
const samples = [];
const rows = new Map();

/** Notes totals, so that a pace can be told from two of them. */
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

export function showOverview(data, choose, withServices) {
  remember(data);
  const totals = data.totals;
  say(byId("exchanges"), count(totals.exchanges));
  const rate = pace((sample) => sample.all);
  say(byId("pace"), rate === null ? "" : `${perSecond(rate)} per second`);
  say(byId("hidden"), count(totals.hidden));
  say(byId("swapped"), count(totals.masked + totals.blamed));
  say(byId("unknown"), count(totals.unknown));
  say(byId("reported"), percent(totals.reported, totals.exchanges));
  say(byId("true"), percent(totals.true, totals.exchanges));
  const top = Math.max(totals.reported, totals.true, 1);
  byId("reported-bar").style.inlineSize = `${(100 * totals.reported) / top}%`;
  byId("true-bar").style.inlineSize = `${(100 * totals.true) / top}%`;
  showGap(totals);
  byId("services").hidden = data.services.length === 0 || !withServices;
  showServices(data.services, choose);
}

function showGap(totals) {
  const gap = byId("gap");
  const missing = totals.true - totals.reported;
  gap.classList.toggle("bad", missing > 0);
  gap.classList.toggle("good", totals.exchanges > 0 && missing === 0 && totals.hidden === 0);
  if (!totals.exchanges) say(gap, "Nothing to compare yet");
  else if (missing) say(gap, `${count(totals.true)} server error${totals.true === 1 ? "" : "s"} happened, status codes report ${count(totals.reported)}`);
  else if (totals.hidden) say(gap, `The rates agree, yet ${count(totals.hidden)} errors hide under a status that is no error`);
  else say(gap, "Status codes tell the truth so far");
}

function showServices(services, choose) {
  const body = byId("service-rows");
  const gapOf = (service) => (service.exchanges ? (service.true - service.reported) / service.exchanges : 0);
  const order = [...services].sort((a, b) => gapOf(b) - gapOf(a) || a.service.localeCompare(b.service));
  order.forEach((service, place) => {
    let row = rows.get(service.service);
    if (!row) {
      row = makeRow(service, choose);
      rows.set(service.service, row);
    }
    if (body.children[place] !== row) body.insertBefore(row, body.children[place] ?? null);
    fillRow(row, service, gapOf(service));
  });
}

function makeRow(service, choose) {
  const name = el("button", { type: "button", class: "link", title: "Show its findings alone" }, service.service || "(unnamed)");
  name.addEventListener("click", () => choose({ service: service.service }));
  const row = el("tr", {}, el("th", { scope: "row" }, name));
  for (const kind of ["number", "number pace", "number", "number", "number gap-cell", "worst"]) {
    row.append(el("td", { class: kind }));
  }
  return row;
}

function fillRow(row, service, gap) {
  const cells = row.children;
  say(cells[1], count(service.exchanges));
  const rate = pace((sample) => sample.counts.get(service.service) ?? 0);
  say(cells[2], rate === null ? "–" : perSecond(rate));
  say(cells[3], percent(service.reported, service.exchanges));
  say(cells[4], percent(service.true, service.exchanges));
  say(cells[5], percent(service.true - service.reported, service.exchanges));
  cells[5].classList.toggle("bad", gap > 0);
  const worst = service.worst;
  if (cells[6].dataset.shown !== (worst?.fingerprint ?? "none")) {
    cells[6].dataset.shown = worst?.fingerprint ?? "none";
    cells[6].replaceChildren(
      ...(worst
        ? [el("span", { class: `severity ${worst.severity}` }, worst.severity), " ",
           el("a", { href: `/findings/${worst.fingerprint}` }, worst.rule)]
        : [el("span", { class: "hint" }, "none")]),
    );
  }
}
