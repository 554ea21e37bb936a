// Shows one exchange: request and response side by side, what is masked and what convinced the rule marked.

import { clock, count, duration, el, iso } from "./dom.js";

const MASK = "[redacted]";
const loaded = new Map();
const MOST_LOADED = 50;

/** The exchange with its messages, or null if it is no longer kept. */
export async function fetchExchange(id, fingerprint = "") {
  const path = `/api/exchanges/${encodeURIComponent(id)}${fingerprint ? `?finding=${fingerprint}` : ""}`;
  if (loaded.has(path)) return loaded.get(path);
  const answer = await fetch(path, { signal: AbortSignal.timeout(5000) });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const exchange = await answer.json();
  if (loaded.size >= MOST_LOADED) loaded.delete(loaded.keys().next().value);
  loaded.set(path, exchange);
  return exchange;
}

/** Both messages of an exchange, and its times. */
export function showExchange(exchange) {
  const facts = [
    ["Service", exchange.service || "(unnamed)"], ["Began", clock(exchange.time, true)], ["Took", duration(exchange.duration)],
    ["What happened", exchange.verdict.replace("_", " ")], ["Trace", exchange.trace_id], ["Not inspected", exchange.skipped?.replaceAll("_", " ")],
  ];
  const box = el("div", { class: "exchange" });
  if (exchange.request) {
    box.append(
      message("Request", exchange.request, exchange.marks, "request"),
      exchange.response ? message("Response", exchange.response, exchange.marks, "response")
        : el("section", { class: "half" }, el("h3", {}, "Response"), el("p", { class: "hint" }, `None: ${exchange.outcome}.`)));
  } else {
    box.append(el("p", { class: "hint whole" }, `${exchange.method} ${exchange.target} → ${exchange.outcome}. ${sentence(exchange.note)}`));
  }
  box.append(el("dl", { class: "facts whole" }, ...facts.filter(([, value]) => value).map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, name === "Began" ? el("time", { datetime: iso(exchange.time) }, value) : value)))));
  return box;
}

const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}.` : "");

function message(title, shown, marks, side) {
  const of = (part, name = "") => marks.filter((mark) => mark.part === `${side}.${part}` && mark.name === name).map((mark) => mark.text);
  const size = shown.size === null ? "" : `${count(shown.size)} ${shown.size === 1 ? "octet" : "octets"}`;
  const fields = shown.fields.map(([name, value]) =>
    el("div", {}, el("dt", {}, `${name}:`), " ", el("dd", {}, ...pieces(value, of("field", name)))));
  const notes = [shown.form, shown.size ? size : "", shown.note].filter(Boolean).join(", ");
  return el("section", { class: "half" },
    el("h3", {}, title),
    el("pre", { class: "first-line" }, ...pieces(shown.line, of("line"))),
    fields.length ? el("dl", { class: "fields" }, ...fields) : null,
    shown.body ? el("pre", { class: "content", tabindex: "0", role: "region", "aria-label": `Content of the ${title.toLowerCase()}` }, ...pieces(shown.body, of("body"))) : null,
    el("p", { class: "hint" }, notes || "no content"));
}

/** Text with the first place of each mark marked, and what is masked set apart. */
function pieces(text, marks) {
  const places = [];
  for (const mark of marks) {
    const at = text.indexOf(mark);
    if (at >= 0 && !places.some(([from, to]) => at < to && at + mark.length > from)) places.push([at, at + mark.length]);
  }
  places.sort((a, b) => a[0] - b[0]);
  const parts = [];
  let done = 0;
  for (const [from, to] of places) {
    parts.push(...masked(text.slice(done, from)), ...lines(text.slice(from, to)));
    done = to;
  }
  return [...parts, ...masked(text.slice(done))];
}

/** A mark on each line, without the white space around it. */
function lines(text) {
  return text.split(/(\s*\n\s*)/).map((part, place) => (place % 2 ? part : el("mark", {}, ...masked(part))));
}

function masked(text) {
  return text.split(MASK).flatMap((part, place) => (place ? [el("span", { class: "masked" }, MASK), part] : [part]));
}
