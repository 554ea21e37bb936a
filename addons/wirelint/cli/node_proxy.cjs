// Leads HTTP requests of Node.js through the proxy of `wirelint run`. Node.js from 22.21 and 24 on does that itself if
// NODE_USE_ENV_PROXY is set. Older ones do not: their agents and fetch() are led to the proxy here, which gets the whole
// URL, https included, so that no certificate of it has to be trusted.
"use strict";
const [major, minor] = process.versions.node.split(".").map(Number);
const reads = major >= 24 || (major === 22 && minor >= 21);
if (process.env.HTTP_PROXY && !reads) {
  const http = require("node:http");
  const proxy = new URL(process.env.HTTP_PROXY);
  const exempt = (process.env.NO_PROXY || "").split(",").map((name) => name.trim()).filter(Boolean);
  const isExempt = (host) =>
    exempt.some((name) => host === name.replace(/^\./, "") || host.endsWith(name.startsWith(".") ? name : `.${name}`));

  const addRequest = http.Agent.prototype.addRequest;
  const agent = new http.Agent();
  http.Agent.prototype.addRequest = function (request, options, ...rest) {
    const host = options.host || options.hostname || "localhost";
    if (options.socketPath || isExempt(host)) return addRequest.call(this, request, options, ...rest);
    if (!/^https?:/.test(request.path)) {
      const scheme = request.protocol || "http:";
      const usual = scheme === "https:" ? 443 : 80;
      const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
      const port = options.port && Number(options.port) !== usual ? `:${options.port}` : "";
      request.path = `${scheme}//${name}${port}${request.path}`;
    }
    const led = { ...options, host: proxy.hostname, hostname: proxy.hostname, port: proxy.port, path: null };
    return addRequest.call(agent, request, led);
  };

  // Loads the library behind fetch(), which makes its dispatcher.
  if (typeof fetch === "function") fetch("data:,").catch(() => {});
  const dispatcher = globalThis[Symbol.for("undici.globalDispatcher.1")];
  if (dispatcher) {
    const dispatch = dispatcher.dispatch.bind(dispatcher);
    dispatcher.dispatch = (options, handler) => {
      const origin = options.origin ? new URL(options.origin) : null;
      if (!origin || isExempt(origin.hostname)) return dispatch(options, handler);
      const headers = options.headers || {};
      const named = Array.isArray(headers) ? [...headers, "host", origin.host] : { host: origin.host, ...headers };
      const path = `${origin.origin}${options.path}`;
      return dispatch({ ...options, origin: proxy.origin, path, headers: named }, handler);
    };
  }
}
