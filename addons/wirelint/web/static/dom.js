// Small helpers. Text from the wire reaches the document through text nodes alone.

/** Makes an element: el("a", {class: "x", href: "/"}, "text", child, …). */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Makes an element of a drawing. */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const byId = (id) => document.getElementById(id);

/** Sets text where it differs, so that selections and screen readers are not disturbed. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const count = (number) => (number < 100000 ? whole.format(number) : compact.format(number));

/** A share as percent; small ones keep a digit more, and what is not zero never looks it. */
export function percent(part, all) {
  if (!all) return "–";
  const share = (100 * part) / all;
  if (share === 0) return "0 %";
  if (Math.abs(share) < 0.01) return share < 0 ? "> −0.01 %" : "< 0.01 %";
  const digits = Math.abs(share) < 1 ? 2 : Math.abs(share) < 99.95 ? 1 : 0;
  return `${share.toFixed(digits).replace("-", "−")} %`;
}

export function perSecond(rate) {
  if (rate === null) return "";
  return rate >= 10 ? count(Math.round(rate)) : rate.toFixed(1);
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0.001) return "< 1 ms";
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(2)} s`;
}

/** How long ago a Unix time was. */
export function ago(time) {
  const seconds = Math.max(0, Date.now() / 1000 - time);
  if (seconds < 5) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(time * 1000).toISOString().slice(0, 10);
}

/** The local time of day, to the millisecond if wanted, with the date where it is another day. */
export function clock(time, exact = false) {
  const then = new Date(time * 1000);
  const part = exact ? `.${String(then.getMilliseconds()).padStart(3, "0")}` : "";
  const today = then.toDateString() === new Date().toDateString();
  return (today ? then.toLocaleTimeString("en-GB") : then.toLocaleString("en-GB", { dateStyle: "short", timeStyle: "medium" })) + part;
}
export const iso = (time) => new Date(time * 1000).toISOString();

const mark = /``([^`]+)``|(https?:\/\/[^\s)]+[^\s).,])|\*([^*\s][^*]*)\*/g;

/** A line of a rule's text: code between double backticks, emphasis between asterisks, and links. */
function inline(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(mark)) {
    parts.push(text.slice(at, match.index));
    if (match[1]) parts.push(el("code", {}, match[1]));
    else if (match[3]) parts.push(el("em", {}, match[3]));
    else parts.push(el("a", { href: match[2], rel: "noreferrer", target: "_blank" }, match[2].replace(/^https?:\/\//, "")));
    at = match.index + match[0].length;
  }
  parts.push(text.slice(at));
  return parts;
}

/** A section of a rule's text: paragraphs and lists. */
export function prose(text) {
  return text.split(/\n\s*\n/).map((block) => {
    if (/^[-*] /.test(block)) {
      const items = block.split(/\n(?=[-*] )/).map((item) => el("li", {}, ...inline(item.slice(2).replace(/\s+/g, " "))));
      return el("ul", {}, ...items);
    }
    return el("p", {}, ...inline(block.replace(/\s+/g, " ")));
  });
}
