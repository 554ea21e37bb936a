// What can be done with findings and exchanges: copy, save, resolve, clear.

import { byId, el, say } from "./dom.js";

const MASK = "[redacted]";
// Fields that curl writes itself, or that belong to one connection.
const OWN = new Set(["host", "content-length", "connection", "transfer-encoding", "accept-encoding", "te", "upgrade", "keep-alive", "proxy-connection"]);

/** Sends a request that changes something; the field marks it as the page's own. */
export async function post(path) {
  const answer = await fetch(path, { method: "POST", headers: { "Wirelint-Page": "1" }, signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
}

/** A button that does something, and says so. */
export function action(text, run) {
  const button = el("button", { type: "button", class: "action" }, text);
  button.addEventListener("click", async () => {
    try {
      notify((await run()) ?? "Done");
    } catch {
      notify("wirelint does not answer");
    }
  });
  return button;
}

let fading = 0;
export function notify(text) {
  const box = byId("notice");
  say(box, text);
  box.dataset.on = "1";
  clearTimeout(fading);
  fading = setTimeout(() => delete box.dataset.on, 4000);
}

/** Copies text; where the browser does not allow that, shows it to be copied by hand. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    const area = el("textarea", { readonly: true, rows: "12", "aria-label": "Text to copy" });
    area.value = text;
    const dialog = el("dialog", { "aria-label": "Copy" }, area, el("form", { method: "dialog" }, el("button", { class: "action" }, "Close")));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    area.select();
    return "Copy it with the keyboard";
  }
}

/** The command that sends the request of an exchange again. What is masked becomes a variable of the shell. */
export function curl(exchange) {
  const { line, fields, body, note } = exchange.request;
  const method = line.split(" ")[0];
  const parts = [`curl -i -g${method === "GET" ? "" : ` -X ${quoted(method)}`} ${quoted(exchange.url || exchange.target, "MASKED")}`];
  for (const [name, value] of fields) if (!OWN.has(name.toLowerCase())) parts.push(`-H ${quoted(`${name}: ${value}`, variable(name))}`);
  if (fields.some(([name]) => name.toLowerCase() === "accept-encoding")) parts.push("--compressed");
  if (body) parts.push(`--data-raw ${quoted(body, "MASKED")}`);
  const hint = note ? `# The content is incomplete: ${note}.\n` : "";
  return `${hint}${parts.join(" \\\n  ")}\n`;
}

const variable = (name) => name.toUpperCase().replace(/[^A-Z0-9]/g, "_").replace(/^(?=[0-9])/, "_");

/** Text as one word of a POSIX shell, with a variable where it is masked. */
function quoted(text, masked = "MASKED") {
  return text.split(MASK).map((part) => (part ? `'${part.replaceAll("'", "'\\''")}'` : "")).join(`"$${masked}"`) || "''";
}
