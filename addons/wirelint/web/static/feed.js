// Keeps up with the server: a stream of events, or a look every few seconds where there is none.

const RETRY = 3000;

/** Gets a resource of the API. */
export async function get(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

/**
 * Calls take(data) with all findings, then with each change; lost() when there is no answer. Rests while the page is hidden.
 * take returns the revision that the page has, or null if it needs everything again.
 */
export function follow(take, lost) {
  let source = null;
  let timer = 0;

  async function begin() {
    stop();
    if (document.hidden) return;
    try {
      const revision = take(await get("/api/findings"), true);
      source = new EventSource(`/api/events?since=${revision}`);
      source.addEventListener("findings", (event) => {
        if (take(JSON.parse(event.data), false) === null) begin();
      });
      source.addEventListener("error", () => {
        // A stream that was refused or cut: a request shows whether the server is there.
        stop();
        timer = setTimeout(begin, RETRY);
        get("/api/services").catch(lost);
      });
    } catch {
      lost();
      timer = setTimeout(begin, RETRY);
    }
  }

  function stop() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : begin()));
  addEventListener("pagehide", stop);
  begin();
  return begin;
}
