/* The dashboard: shows what /api/metrics/stream tells and asks /api/v1 for the rest.
   Whatever people or models have written goes into the page as text alone, never as markup. */
"use strict";

const THEMES = ["auto", "light", "dark"];
const KINDS = ["exact", "semantic", "refused", "miss"];
const KIND_SAYS = { exact: "Exact", semantic: "In other words", refused: "Refused", miss: "Missed" };
const FEED_MOST = 200;
const TOP_MOST = 8;
const DELAYS_MOST = 60;
const AWAY_MS = 20000;

const theme = {
  get() {
    try {
      return localStorage.getItem("crowkis-theme") || "auto";
    } catch {
      return "auto";
    }
  },
  set(name) {
    try {
      localStorage.setItem("crowkis-theme", name);
    } catch {
      /* private windows keep nothing */
    }
  },
  apply() {
    document.documentElement.dataset.theme = this.get();
  },
};
theme.apply();

/* ---- small tools for the page ---- */

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "text") made.textContent = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/* Shows items as children of a list; those already shown stay the same nodes, so that focus and selection live on. */
function keyed(list, items, keyOf, make, update) {
  const known = list.rows_ || (list.rows_ = new Map());
  const wanted = new Set(items.map(keyOf));
  for (const [key, node] of known)
    if (!wanted.has(key)) {
      node.remove();
      known.delete(key);
    }
  let place = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = known.get(key);
    if (!node) {
      node = make(item);
      known.set(key, node);
    }
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
    if (update) update(node, item);
  }
}

function empty(id, isEmpty) {
  $(id).hidden = isEmpty;
  $(id + "-empty").hidden = !isEmpty;
}

/* ---- numbers with their units ---- */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

const count = (number) => (number < 100000 ? whole.format(number) : compact.format(number));
const times = (number) => `${count(number)} ${number === 1 ? "time" : "times"}`;

function money(amount) {
  if (!amount) return "$0";
  if (amount >= 10000) return "$" + compact.format(amount);
  if (amount >= 1) return "$" + amount.toFixed(2);
  if (amount < 0.000001) return "< $0.000001";
  return "$" + amount.toFixed(Math.min(6, 1 - Math.floor(Math.log10(amount))));
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (bytes >= 1024 && at < units.length - 1) {
    bytes /= 1024;
    at += 1;
  }
  return `${at && bytes < 10 ? bytes.toFixed(1) : whole.format(bytes)} ${units[at]}`;
}

const ms = (value) =>
  value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value < 10 ? +value.toFixed(2) : Math.round(value)} ms`;
const percent = (part, of) => (of ? `${((100 * part) / of).toFixed(1)} %` : "–");

function lasting(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

let ahead = 0;
const ago = (at) => {
  const seconds = (Date.now() + ahead - at) / 1000;
  return seconds < 5
    ? "now"
    : seconds < 86400
      ? `${lasting(seconds).split(" ").slice(0, 2).join(" ")} ago`
      : `${Math.floor(seconds / 86400)} d ago`;
};
const clock = (at) => new Date(at).toLocaleString();

function whenNode(at) {
  const node = el("time", { class: "when", datetime: new Date(at).toISOString(), title: clock(at), text: ago(at) });
  node.at = at;
  return node;
}

setInterval(() => {
  for (const node of document.querySelectorAll("time.when")) if (node.at) put(node, ago(node.at));
}, 5000);

/* ---- the server ---- */

let session = { known: false };
let now = null;
let reasons = {};

class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function ask(method, path, body) {
  const headers = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && session.csrf) headers["x-crowkis-csrf"] = session.csrf;
  const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await response.text();
  let told = null;
  try {
    told = text ? JSON.parse(text) : null;
  } catch {
    /* not ours */
  }
  if (!response.ok)
    throw new Refused(response.status, told?.error?.message || `the server answered ${response.status}`);
  return told;
}

let toastTimer = 0;
function toast(text) {
  put($("toast"), text);
  $("toast").classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $("toast").classList.remove("shown"), 5000);
}

const entryPath = (key, tenant) =>
  `/api/v1/cache/entries/${encodeURIComponent(key)}${tenant ? `?tenant=${encodeURIComponent(tenant)}` : ""}`;
const mayChange = () => ["admin", "writer"].includes(session.role);
const mayReport = () => ["admin", "writer", "reader"].includes(session.role);

/* ---- being connected ---- */

const link = {
  source: null,
  timer: 0,
  tries: 0,
  awayTimer: 0,

  says(state, text) {
    $("state").dataset.state = state;
    put($("state-text"), text);
  },

  async open() {
    clearTimeout(this.timer);
    try {
      const known = await ask("GET", "/api/session");
      if (!known.known) return showLogin();
      session = known;
      if (!Object.keys(reasons).length) reasons = await ask("GET", "/dashboard.json");
    } catch (error) {
      return this.again(error.status === 403 ? error.message : "");
    }
    showBoard();
    this.source?.close();
    this.source = new EventSource("/api/metrics/stream?every=1");
    this.source.addEventListener("metrics", (event) => {
      this.tries = 0;
      this.says("live", "live");
      show(JSON.parse(event.data));
    });
    this.source.addEventListener("refused", () => this.again(""));
    this.source.onerror = () => this.again("");
  },

  again(why) {
    this.source?.close();
    this.source = null;
    clearTimeout(this.timer);
    const wait = Math.min(10, 2 ** this.tries);
    this.tries += 1;
    this.says("reconnecting", why || "reconnecting …");
    this.timer = setTimeout(() => this.open(), wait * 1000);
  },

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  },
};

document.addEventListener("visibilitychange", () => {
  clearTimeout(link.awayTimer);
  if (document.hidden)
    link.awayTimer = setTimeout(() => {
      link.close();
      link.says("reconnecting", "paused while hidden");
    }, AWAY_MS);
  else if (!link.source && !$("board").hidden) link.open();
});

addEventListener("pagehide", () => link.close());
addEventListener("pageshow", (event) => {
  if (event.persisted) link.open();
});

function showLogin() {
  link.close();
  session = { known: false };
  link.says("starting", "signed out");
  $("board").hidden = true;
  $("logout").hidden = true;
  put($("who"), "");
  $("entry").close();
  if ($("login").hidden) {
    $("login").hidden = false;
    $("login-key").focus();
  }
}

function showBoard() {
  $("login").hidden = true;
  $("board").hidden = false;
  $("logout").hidden = !session.csrf;
  const where = session.tenant ? ` · tenant ${session.tenant}` : "";
  put($("who"), session.csrf || session.tenant ? `${session.name} · ${session.role}${where}` : "this machine · admin");
  for (const id of ["ask-tenant", "stored-tenant"]) {
    $(id).disabled = Boolean(session.tenant);
    if (session.tenant) $(id).value = session.tenant;
  }
  scopeText();
}

async function login(event) {
  event.preventDefault();
  put($("login-error"), "");
  try {
    session = await ask("POST", "/api/login", { key: $("login-key").value });
    $("login-key").value = "";
    link.tries = 0;
    link.open();
  } catch (error) {
    put($("login-error"), error.status === 401 ? "This key is not right." : error.message);
    $("login-key").select();
  }
}

async function logout() {
  try {
    await ask("POST", "/api/logout");
  } catch {
    /* whoever is not known is signed out */
  }
  showLogin();
}

/* ---- the panels ---- */

function show(figures) {
  if (now && now.global.since_ms !== figures.global.since_ms) {
    feed.clear();
    delays.length = 0;
  }
  now = figures;
  ahead = figures.now_ms ? figures.now_ms - Date.now() : 0;
  if (Math.abs(ahead) < 2000) ahead = 0;
  put($("version"), figures.version);
  showHeadline(figures);
  showWelcome(figures);
  feed.take(figures.recent_log);
  showHits(figures);
  showTops(figures);
  showRefusals(figures);
  showTenants(figures);
  showSystem(figures);
}

function showHeadline({ global, hits, system, tenants, since_ms: _ }) {
  const rate = $("rate");
  if (global.total_requests) {
    if (rate.dataset.shown !== String(global.hit_rate_pct)) {
      rate.dataset.shown = String(global.hit_rate_pct);
      rate.replaceChildren(global.hit_rate_pct.toFixed(1), el("span", { class: "unit", text: "%" }));
    }
  } else {
    delete rate.dataset.shown;
    put(rate, "–");
  }
  put($("requests"), count(global.total_requests));
  put(
    $("requests-note"),
    system
      ? `${count(Math.round(system.commands_per_s))} ${Math.round(system.commands_per_s) === 1 ? "call" : "calls"} a second`
      : "",
  );
  put($("saved"), money(global.dollars_saved_total));
  put($("saved-note"), global.dollars_saved_today === null ? "" : `${money(global.dollars_saved_today)} today (UTC)`);
  put($("tokens"), count(global.tokens_saved));
  put($("tokens-note"), `${count(global.total_hits)} answers served`);
  const stored = system ? system.index.entries : tenants.reduce((sum, row) => sum + row.entries, 0);
  put($("entries"), count(stored));
  put($("entries-note"), system ? `${count(system.index.vectors)} with a vector` : "");
  put($("since"), ` (${clock(global.since_ms)})`);

  const mix = hits.by_kind;
  const total = KINDS.reduce((sum, kind) => sum + mix[kind], 0);
  keyed(
    $("mix"),
    KINDS.filter((kind) => mix[kind]),
    (kind) => kind,
    (kind) => el("i", { class: `k-${kind}` }),
    (node, kind) => {
      node.style.flex = `${mix[kind]} 1 0`;
    },
  );
  $("mix").setAttribute("aria-label", KINDS.map((kind) => `${KIND_SAYS[kind]}: ${mix[kind]}`).join(", "));
  keyed(
    $("mix-legend"),
    KINDS,
    (kind) => kind,
    (kind) => el("span", {}, el("i", { class: `key k-${kind}` }), `${KIND_SAYS[kind]} `, el("b")),
    (node, kind) => {
      put(node.lastChild, count(mix[kind]));
      node.title = percent(mix[kind], total);
    },
  );
  document.title = global.total_requests ? `${global.hit_rate_pct.toFixed(1)} % · Crowkis` : "Crowkis";
}

function showWelcome({ global, resp_port: port, tenants }) {
  const isNew = !global.total_requests;
  $("welcome").hidden = !isNew;
  if (!isNew || $("welcome-commands").childElementCount) return;
  put($("welcome-base"), `${location.origin}/v1`);
  const cli = `redis-cli -h ${location.hostname} -p ${port}`;
  const commands = [
    `${cli} CSET "How do I reset my password?" "Settings > Security > Reset."`,
    `${cli} CGET "how can i reset my password"`,
  ];
  for (const command of commands) {
    const copy = el("button", {
      type: "button",
      text: "Copy",
      "aria-label": `Copy: ${command}`,
      onclick: () => copied(command),
    });
    $("welcome-commands").append(el("li", {}, el("code", { text: command }), navigator.clipboard ? copy : null));
  }
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied. Paste it into a terminal.");
  } catch {
    toast("This browser does not let the page copy; select the text instead.");
  }
}

const feed = {
  lines: [],
  filter: "all",
  paused: false,
  newest: 0,

  clear() {
    this.lines = [];
    this.newest = 0;
  },

  take(log) {
    const fresh = log.filter((line) => line.number > this.newest);
    if (fresh.length) {
      for (const line of fresh) line.fresh = this.newest > 0;
      this.newest = fresh[0].number;
      this.lines = [...fresh, ...this.lines].slice(0, FEED_MOST);
    }
    const keptTexts = new Map(log.map((line) => [line.number, line]));
    this.lines = this.lines.map((line) =>
      keptTexts.get(line.number) ? Object.assign(line, keptTexts.get(line.number)) : line,
    );
    if (!this.paused) this.render();
  },

  wanted(line) {
    if (this.filter === "all") return true;
    if (this.filter === "served") return line.verdict === "exact" || line.verdict === "semantic";
    return line.verdict === this.filter;
  },

  render() {
    const lines = this.lines.filter((line) => this.wanted(line));
    keyed(
      $("feed"),
      lines,
      (line) => line.number,
      feedLine,
      (node, line) => put(node.words, words(line)),
    );
    empty("feed", !lines.length);
    put(
      $("feed-empty"),
      this.lines.length
        ? "None of the last look-ups ended like this."
        : "Every look-up appears here, with what decided it.",
    );
  },
};

const words = (line) =>
  line.question || (now && !now.questions_kept ? "(questions are not kept: live_questions is off)" : "(no words)");

function feedLine(line) {
  const said = el("button", {
    type: "button",
    class: "link said",
    title: "Explain this question",
    onclick: () => explainLine(line),
  });
  const item = el(
    "li",
    { class: line.fresh ? "new" : null },
    el(
      "span",
      { class: `tag t-${line.verdict}` },
      el("i", { class: `key k-${line.verdict}`, "aria-hidden": "true" }),
      KIND_SAYS[line.verdict] === "In other words" ? "Other words" : KIND_SAYS[line.verdict],
    ),
    said,
    whenNode(line.time_ms),
    subLine(line),
  );
  item.words = said;
  put(said, words(line));
  if (!line.question) said.disabled = true;
  return item;
}

function subLine(line) {
  const parts = [];
  if (line.verdict === "semantic")
    parts.push(`confidence ${line.confidence.toFixed(3)}`, `cosine ${line.similarity.toFixed(3)}`);
  if (line.reason) parts.push(`${(line.meaning || line.reason).replace(/\.$/, "")}${measured(line)}`);
  const where = [line.tenant, line.namespace, line.model].filter(Boolean).join(" / ");
  parts.push(where);
  const text = parts.join(" · ");
  if (!line.key) return el("span", { class: "sub", text });
  const what = line.reason ? "nearest" : "answer";
  return el(
    "span",
    { class: "sub" },
    `${text} · `,
    el("button", {
      type: "button",
      class: "link",
      text: what,
      "aria-label": `Open the ${what} stored for: ${line.question}`,
      onclick: () => openEntry(line.key, line.tenant, line.question),
    }),
  );
}

const shownValue = (value) =>
  value === null || value === undefined || value === ""
    ? "(nothing)"
    : typeof value === "number"
      ? String(+value.toFixed(4))
      : String(value);

function measured(line) {
  if (line.measure === null || line.measure === undefined || line.reason === "candidates.none") return "";
  return `: ${shownValue(line.measure)} against ${shownValue(line.limit)}`;
}

function showHits({ hits, budgets, now_ms: nowMs }) {
  const whole = Boolean(hits.minutes);
  for (const id of ["minutes", "bands"]) $(id).parentElement.hidden = !whole;
  $("models").closest(".two").hidden = !whole;
  if (!whole) return;
  redraw($("minutes"), JSON.stringify([hits.minutes, Math.floor(nowMs / 60000)]), (wide) =>
    minutesChart(hits.minutes, nowMs, wide),
  );
  redraw($("bands"), JSON.stringify([hits.confidence, budgets.confidence_min]), (wide) =>
    bandsChart(hits.confidence, budgets.confidence_min, wide),
  );
  put($("bar-note"), `· served from ${budgets.confidence_min} on`);
  const most = Math.max(1, ...hits.by_model.map((row) => row.hits));
  keyed(
    $("models"),
    hits.by_model,
    (row) => `${row.others} ${row.model}`,
    barRow,
    (node, row) => {
      fillBar(
        node,
        row.others ? "(others together)" : row.model || "no model named",
        `${count(row.hits)} ${row.hits === 1 ? "hit" : "hits"} · ${money(row.dollars_saved)}`,
        [["exact", row.hits]],
        most,
      );
    },
  );
  empty("models", !hits.by_model.length);
  const rows = ["exact", "semantic", "miss"].filter((kind) => hits.latency[kind]);
  facts(
    $("latency"),
    rows.length
      ? rows.map((kind) => [KIND_SAYS[kind], `${ms(hits.latency[kind].p50_ms)}, ${ms(hits.latency[kind].p99_ms)}`])
      : [["Nothing decided yet", "–"]],
  );
}

/* Charts are drawn to the width they have, so that their words keep their size. */
function redraw(node, stamp, make) {
  const wide = Math.max(160, node.clientWidth || 600);
  if (node.stamp === `${wide} ${stamp}`) return;
  node.stamp = `${wide} ${stamp}`;
  node.replaceChildren(make(wide));
}

function minutesChart(rows, nowMs, width) {
  const [height, span] = [120, 60];
  const last = Math.floor(nowMs / 60000);
  const byMinute = new Map(rows.map((row) => [Math.floor(row.time_ms / 60000), row]));
  const sumOf = (row) => KINDS.reduce((sum, kind) => sum + row[kind], 0);
  const top = Math.max(1, ...rows.map(sumOf));
  const step = width / span;
  const chart = svg("svg", { viewBox: `0 -14 ${width} ${height + 32}`, role: "img" });
  const hits = rows.reduce((sum, row) => sum + row.exact + row.semantic, 0);
  const all = rows.reduce((sum, row) => sum + sumOf(row), 0);
  chart.setAttribute(
    "aria-label",
    `In the last hour ${all} look-ups, ${hits} of them served; at most ${top} in a minute`,
  );
  chart.append(
    svg("line", { x1: 0, x2: width, y1: height, y2: height, class: "axis" }),
    svg("line", { x1: 0, x2: width, y1: 0, y2: 0, class: "axis" }),
  );
  for (let place = 0; place < span; place += 1) {
    const row = byMinute.get(last - span + 1 + place);
    if (!row) continue;
    const group = svg("g");
    let y = height;
    for (const kind of KINDS) {
      if (!row[kind]) continue;
      const tall = Math.max(1, (row[kind] / top) * height);
      y -= tall;
      group.append(
        svg("rect", { x: place * step + step * 0.1, y, width: step * 0.8, height: tall, class: `k-${kind}` }),
      );
    }
    const tip = svg("title");
    tip.textContent = `${new Date(row.time_ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}: ${KINDS.filter(
      (kind) => row[kind],
    )
      .map((kind) => `${row[kind]} ${KIND_SAYS[kind].toLowerCase()}`)
      .join(", ")}; saved about ${money(row.dollars_saved)}`;
    group.append(tip);
    chart.append(group);
  }
  chart.append(
    label(0, -4, `${count(top)} a minute`),
    label(0, height + 14, "1 h ago"),
    label(width, height + 14, "now", "end"),
  );
  return chart;
}

function label(x, y, text, anchor = "start") {
  const made = svg("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}

function bandsChart({ from, width: band, counts }, bar, width) {
  const height = 64;
  const step = width / counts.length;
  const top = Math.max(1, ...counts);
  const total = counts.reduce((sum, one) => sum + one, 0);
  const chart = svg("svg", { viewBox: `0 -4 ${width} ${height + 22}`, role: "img" });
  chart.setAttribute(
    "aria-label",
    total ? `${total} hits in other words; confidences from ${from} to 1` : "no hit in other words yet",
  );
  chart.append(svg("line", { x1: 0, x2: width, y1: height, y2: height, class: "axis" }));
  counts.forEach((one, place) => {
    const tall = one ? Math.max(2, (one / top) * height) : 0;
    const column = svg("rect", {
      x: place * step + step * 0.08,
      y: height - tall,
      width: step * 0.84,
      height: tall,
      rx: 1.5,
      class: "k-semantic",
    });
    const tip = svg("title");
    const low = from + place * band;
    tip.textContent = `${place ? low.toFixed(2) : "below " + (low + band).toFixed(2)}${place ? ` to ${(low + band).toFixed(2)}` : ""}: ${one}`;
    column.append(tip);
    chart.append(column);
  });
  const at = ((bar - from) / band) * step;
  if (at > 0 && at < width) chart.append(svg("line", { x1: at, x2: at, y1: -2, y2: height, class: "axis-strong" }));
  chart.append(label(0, height + 14, from.toFixed(2)), label(width, height + 14, "1", "end"));
  return chart;
}

function barRow() {
  const item = el("li");
  item.what = el("span");
  item.much = el("span", { class: "num" });
  item.note = el("span", { class: "sub" });
  item.track = el("span", { class: "track", "aria-hidden": "true" });
  item.append(item.what, item.much, item.note, item.track);
  return item;
}

function fillBar(item, what, much, parts, most, note = "") {
  if (what !== null) put(item.what, what);
  put(item.much, much);
  put(item.note, note);
  item.note.hidden = !note;
  const sum = parts.reduce((total, part) => total + part[1], 0);
  keyed(
    item.track,
    [...parts.filter((part) => part[1]), ["rest", Math.max(0, most - sum)]],
    (part) => part[0],
    (part) => el("i", { class: part[0] === "rest" ? null : `k-${part[0]}` }),
    (node, part) => {
      node.style.flex = `${part[1]} 1 0`;
    },
  );
}

function questionRow(row) {
  const item = barRow();
  item.what = el("button", { type: "button", class: "link", onclick: () => item.open() });
  item.firstChild.replaceWith(item.what);
  return item;
}

const named = (row) => row.question || row.key.slice(0, 12) + "…";
const inTenant = (row) => (row.tenant && row.tenant !== "default" && !now.tenant ? `${row.tenant} · ` : "");

function showTops(figures) {
  const [served, missed] = [figures.top_questions.slice(0, TOP_MOST), figures.top_misses.slice(0, TOP_MOST)];
  const mostServed = Math.max(1, ...served.map((row) => row.count));
  keyed(
    $("top-questions"),
    served,
    (row) => row.key,
    questionRow,
    (item, row) => {
      item.open = () => openEntry(row.key, row.tenant, row.question);
      fillBar(
        item,
        named(row),
        times(row.count),
        [
          ["exact", row.exact],
          ["semantic", row.semantic],
        ],
        mostServed,
        `${inTenant(row)}${row.semantic ? `${count(row.semantic)} in other words · ` : ""}saved about ${money(row.dollars_saved)}`,
      );
    },
  );
  empty("top-questions", !served.length);
  const mostMissed = Math.max(1, ...missed.map((row) => row.count));
  keyed(
    $("top-misses"),
    missed,
    (row) => row.key,
    questionRow,
    (item, row) => {
      item.open = () => {
        if (row.question) explainLine(row);
      };
      fillBar(
        item,
        named(row),
        times(row.count),
        [[row.gate === "similarity" || row.gate === "candidates" ? "miss" : "refused", row.count]],
        mostMissed,
        `${inTenant(row)}${row.meaning || row.reason}`,
      );
    },
  );
  empty("top-misses", !missed.length);
}

function showRefusals({ refusals }) {
  const most = Math.max(1, ...refusals.map((row) => row.count));
  keyed(
    $("refusals"),
    refusals,
    (row) => row.reason,
    barRow,
    (item, row) => {
      const plain = ["similarity", "candidates", "embedder"].includes(row.gate);
      fillBar(
        item,
        row.meaning || row.reason,
        count(row.count),
        [[plain ? "miss" : "refused", row.count]],
        most,
        row.reason,
      );
    },
  );
  empty("refusals", !refusals.length);
}

function showTenants({ tenants }) {
  keyed(
    $("tenants"),
    tenants,
    (row) => `${row.others} ${row.tenant}`,
    () => {
      const row = el("tr");
      row.cells_ = ["", "num", "num", "num", "num wide", "num", "quota"].map((name) =>
        el("td", { class: name || null }),
      );
      row.append(...row.cells_);
      return row;
    },
    (node, row) => {
      const values = [
        row.others ? "(others together)" : row.tenant,
        count(row.total_requests),
        row.total_requests ? `${row.hit_rate_pct.toFixed(1)} %` : "–",
        money(row.dollars_saved_total),
        count(row.refused),
        `${count(row.entries)} · ${size(row.bytes)}`,
      ];
      values.forEach((value, place) => put(node.cells_[place], value));
      showQuota(node.cells_[6], row);
    },
  );
  empty("tenants", !tenants.length);
  $("tenants").closest(".scroll").hidden = !tenants.length;
  keyed(
    $("tenant-names"),
    tenants.filter((row) => row.tenant),
    (row) => row.tenant,
    (row) => el("option", { value: row.tenant }),
  );
}

function showQuota(cell, { quota, entries, bytes }) {
  if (!quota) {
    cell.meter_ = null;
    put(cell, "none");
    cell.className = "quota dim";
    return;
  }
  cell.className = "quota";
  const shares = [
    [entries, quota.entries, `${count(quota.entries)} answers`],
    [bytes, quota.bytes, size(quota.bytes)],
  ].filter((one) => one[1]);
  const [used, limit, says] = shares.sort((a, b) => b[0] / b[1] - a[0] / a[1])[0] || [0, 0, "no limit"];
  if (!cell.meter_) {
    cell.meter_ = meterNode();
    cell.says_ = el("span", { class: "sub" });
    cell.replaceChildren(cell.meter_, cell.says_);
  }
  fillMeter(cell.meter_, used, limit, "share of the quota used");
  put(cell.says_, limit ? `${percent(used, limit)} of ${says}` : says);
}

function meterNode() {
  const meter = el("span", { class: "meter", role: "meter", "aria-valuemin": "0", "aria-valuemax": "100" }, el("i"));
  return meter;
}

function fillMeter(meter, used, limit, name) {
  const share = limit ? Math.min(1, used / limit) : 0;
  meter.setAttribute("aria-valuenow", String(Math.round(100 * share)));
  meter.setAttribute("aria-label", name);
  meter.firstChild.style.width = `${(100 * share).toFixed(1)}%`;
  meter.firstChild.className = share >= 0.95 ? "full" : share >= 0.8 ? "high" : "";
}

const delays = [];

function showSystem({ system }) {
  const shown = Boolean(system);
  $("system-empty").hidden = shown;
  for (const id of ["meters", "system"]) $(id).hidden = !shown;
  $("delay").parentElement.hidden = !shown;
  const stopped = shown && system.disk.writes_stopped;
  $("banner").hidden = !stopped;
  if (stopped)
    put(
      $("banner"),
      `Writing has stopped: ${stopped}. Reads go on; make room on the disk or mend it, and writing resumes by itself.`,
    );
  if (!shown) return;
  const { memory, inbox, connections, disk, index, compaction, event_loop: loop, embedder } = system;
  const meters = [
    ["Memory", memory.used_bytes, memory.limit_bytes, `${size(memory.used_bytes)} of ${size(memory.limit_bytes)}`],
    ["Inbox", inbox.calls, inbox.limit, `${count(inbox.calls)} of ${count(inbox.limit)} calls`],
    ["Connections", connections.open, connections.limit, `${count(connections.open)} of ${count(connections.limit)}`],
  ];
  keyed(
    $("meters"),
    meters,
    (row) => row[0],
    (row) => {
      const node = el("div");
      node.says = el("span", { class: "dim" });
      node.meter = meterNode();
      node.append(el("p", { class: "head" }, el("span", { text: row[0] }), node.says), node.meter);
      return node;
    },
    (node, row) => {
      put(node.says, row[3]);
      fillMeter(node.meter, row[1], row[2], row[0]);
    },
  );

  delays.push(loop.delay_ms);
  if (delays.length > DELAYS_MOST) delays.shift();
  put($("delay-note"), `· ${ms(loop.delay_ms)} in the last 10 s · worst ${ms(loop.worst_ms)}`);
  redraw($("delay"), delays.join(), delayChart);

  const parts = Object.entries(memory.parts)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([name, bytes]) => `${name} ${size(bytes)}`)
    .join(", ");
  facts($("system"), [
    ["Running for", lasting(system.uptime_s)],
    ["Largest in memory", parts],
    ["Evicted to make room", count(memory.evicted), memory.making_room],
    [
      "On disk",
      `${size(disk.bytes)} · log ${size(disk.log_bytes)} · ${count(disk.tables)} ${disk.tables === 1 ? "table" : "tables"}`,
    ],
    ["Damaged tables", disk.damaged_tables ? count(disk.damaged_tables) : "none", disk.damaged_tables > 0],
    ["Index", `${count(index.vectors)} vectors · ${size(index.bytes)}`],
    [
      "Compaction",
      `${compaction.congested ? "behind, writes wait" : compaction.lagging ? "behind" : compaction.running ? "running" : "keeping up"} · ${count(compaction.flushes)} flushes, ${count(compaction.folds)} folds`,
      compaction.congested,
    ],
    [
      "Embedder",
      `${embedder.name} · ${embedder.state}${embedder.queue ? ` · ${count(embedder.queue)} waiting` : ""}${embedder.failures ? ` · ${count(embedder.failures)} failed` : ""}`,
      embedder.failures > 0,
    ],
  ]);
}

function delayChart(width) {
  const height = 46;
  const top = Math.max(10, ...delays);
  const chart = svg("svg", {
    viewBox: `0 -2 ${width} ${height + 4}`,
    preserveAspectRatio: "none",
    height: "46",
    role: "img",
  });
  chart.setAttribute(
    "aria-label",
    `Delay of the event loop, now ${ms(delays.at(-1))}, at most ${ms(Math.max(...delays))} while this page was open`,
  );
  const points = delays.map(
    (one, place) =>
      `${width - ((delays.length - 1 - place) * width) / (DELAYS_MOST - 1)},${height - (one / top) * height}`,
  );
  chart.append(
    svg("line", { x1: 0, x2: width, y1: height, y2: height, class: "axis" }),
    svg("polyline", { points: points.join(" "), class: "line" }),
  );
  return chart;
}

/* Rows of a name and a text; a third value that is true marks the row as alarming. */
function facts(list, rows) {
  const known = list.facts_ || (list.facts_ = new Map());
  for (const [name, text, alarm] of rows) {
    if (!known.has(name)) {
      const value = el("dd");
      known.set(name, value);
      list.append(el("dt", { text: name }), value);
    }
    put(known.get(name), text);
    known.get(name).className = alarm ? "alarm" : "";
  }
  for (const [name, value] of known)
    if (!rows.some((row) => row[0] === name)) {
      value.previousSibling.remove();
      value.remove();
      known.delete(name);
    }
}

/* ---- asking why ---- */

const tenantAsked = () => session.tenant || $("ask-tenant").value.trim();

function scopeText() {
  const parts = [`tenant ${tenantAsked() || "default"}`];
  if ($("ask-namespace").value.trim()) parts.push(`namespace ${$("ask-namespace").value.trim()}`);
  if ($("ask-model").value.trim()) parts.push(`model ${$("ask-model").value.trim()}`);
  put($("scope-text"), parts.join(", "));
}

function explainLine(line) {
  $("ask").value = line.question;
  if (!session.tenant) $("ask-tenant").value = line.tenant === "default" ? "" : line.tenant;
  $("ask-namespace").value = line.namespace || "";
  $("ask-model").value = line.model || "";
  scopeText();
  explain();
  document.querySelector(".ask").scrollIntoView({
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
    block: "start",
  });
  $("ask").focus({ preventScroll: true });
}

async function explain(event) {
  event?.preventDefault();
  const query = $("ask").value;
  const shown = $("explanation");
  if (!query.trim()) {
    shown.replaceChildren();
    return;
  }
  const asked = { query };
  if (tenantAsked()) asked.tenant = tenantAsked();
  if ($("ask-namespace").value.trim()) asked.namespace = $("ask-namespace").value.trim();
  if ($("ask-model").value.trim()) asked.model = $("ask-model").value.trim();
  try {
    const told = await ask("POST", "/api/v1/explain", asked);
    shown.replaceChildren(await verdictNode(told, asked));
  } catch (error) {
    shown.replaceChildren(el("p", { class: "error", text: error.message }));
  }
}

async function verdictNode(told, asked) {
  const served = told.verdict === "served";
  const node = el("div", { class: "verdict" });
  if (served) {
    const how =
      told.hit_type === "exact"
        ? "the very same question is stored"
        : `its confidence is ${told.confidence.toFixed(3)}, ${bar(told)} is asked for`;
    node.append(
      el("p", {
        class: `says t-${told.hit_type === "exact" ? "exact" : "semantic"}`,
        text: `This answer would be served: ${how}.`,
      }),
    );
    try {
      const entry = await ask("GET", entryPath(told.key, asked.tenant));
      const { text } = readable(entry.answer);
      node.append(
        el("p", { class: "because" }, "Stored for: ", el("q", { text: entry.query })),
        el("div", { class: "answer", text }),
      );
    } catch {
      /* it has just left */
    }
    const open = el("button", {
      type: "button",
      text: "Open this answer",
      onclick: () => openEntry(told.key, asked.tenant, asked.query),
    });
    const wrong = el("button", {
      type: "button",
      class: "bad",
      text: "Report it as wrong",
      onclick: () => openEntry(told.key, asked.tenant, asked.query, true),
    });
    node.append(el("div", { class: "actions" }, open, mayReport() ? wrong : null));
  } else if (!told.candidates.length) {
    node.append(
      el("p", { class: "says", text: "Nothing would be served: nothing is stored that could be compared." }),
      el("p", {
        class: "because",
        text: "Look at the tenant, namespace and model above: answers are served within their own only.",
      }),
    );
  } else {
    const why = reasons[told.reason]?.meaning || told.reason;
    node.append(
      el("p", { class: "says t-refused", text: `Nothing would be served. ${why}` }),
      el("p", {
        class: "because",
        text: `${told.reason}: ${shownValue(told.measure)} against ${shownValue(told.limit)}, for the nearest stored question`,
      }),
    );
  }
  node.append(
    el("p", {
      class: "because",
      text: `Read as ${told.intent} · ${told.candidates.length} stored ${told.candidates.length === 1 ? "question" : "questions"} looked at · decided by ${told.metric}`,
    }),
  );
  told.candidates.forEach((candidate, place) =>
    node.append(candidateNode(candidate, asked, place === 0 || candidate.key === told.key, told.key)),
  );
  return node;
}

const bar = (told) =>
  told.metric === "cosine" ? `a cosine of ${shownValue(told.similarity_min)}` : shownValue(told.confidence_min);

function candidateNode(candidate, asked, isOpen, servedKey) {
  const unweighed = (gate) =>
    gate.gate === "confidence" && !candidate.confidence && candidate.objection !== "confidence.below-bar";
  const failing = candidate.gates.filter((gate) => !gate.passes && !unweighed(gate));
  const says = candidate.objection ? reasons[candidate.objection]?.meaning || candidate.objection : "Nothing objects.";
  const head = el(
    "summary",
    {},
    el("span", { text: candidate.query }),
    el("span", { class: "num", text: `cosine ${candidate.similarity.toFixed(3)}` }),
    el("span", { class: `sub ${candidate.objection ? "t-refused" : "t-exact"}`, text: says }),
    el("span", { class: "num sub", text: candidate.confidence ? `confidence ${candidate.confidence.toFixed(3)}` : "" }),
  );
  const gates = el(
    "div",
    { class: "gates" },
    ...candidate.gates.map((gate) =>
      unweighed(gate)
        ? el("span", { class: "gate unweighed", text: "confidence not weighed" })
        : el("span", {
            class: gate.passes ? "gate" : "gate no",
            text: `${gate.passes ? "✓" : "✗"} ${gate.gate}`,
            title: `${shownValue(gate.measure)} against ${shownValue(gate.limit)}`,
          }),
    ),
  );
  const left = el("div", {}, el("h3", { text: "What the rules say" }));
  if (failing.length)
    left.append(
      el(
        "ul",
        { class: "objections" },
        ...failing.map((gate) =>
          el(
            "li",
            {},
            el("b", { text: `${gate.gate}: ` }),
            `${shownValue(gate.measure)} against ${shownValue(gate.limit)}`,
          ),
        ),
      ),
    );
  left.append(gates);
  if (candidate.key !== servedKey)
    left.append(
      el(
        "div",
        { class: "actions" },
        el("button", {
          type: "button",
          text: "Open this answer",
          onclick: () => openEntry(candidate.key, asked.tenant, asked.query),
        }),
      ),
    );
  const signals = Object.entries(candidate.signals)
    .filter((row) => Math.abs(row[1]) >= 0.005)
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const right = el("div", {}, el("h3", { text: "What made it sure or unsure" }));
  if (signals.length) {
    const most = Math.max(...signals.map((row) => Math.abs(row[1])));
    right.append(...signals.slice(0, 10).map(([name, value]) => signalNode(name, value, most)));
  } else
    right.append(
      el("p", {
        class: "dim",
        text: candidate.objection
          ? "A rule objected, so nothing was weighed."
          : "The very same question: nothing to weigh.",
      }),
    );
  return el("details", { class: "candidate", open: isOpen }, head, el("div", { class: "inside" }, left, right));
}

function signalNode(name, value, most) {
  const wide = (Math.abs(value) / most) * 50;
  const drawing = svg(
    "svg",
    { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { x: value < 0 ? 50 - wide : 50, y: 1, width: wide, height: 8, class: value < 0 ? "minus" : "plus" }),
    svg("line", { x1: 50, x2: 50, y1: 0, y2: 10, class: "axis" }),
  );
  return el(
    "div",
    { class: "signal" },
    el("span", { text: name.replaceAll("_", " ") }),
    drawing,
    el("span", { class: "num", text: (value > 0 ? "+" : "") + value.toFixed(2) }),
  );
}

/* An answer the gateway stored is a whole message of the model's API: show what it says. */
function readable(answer) {
  try {
    const told = JSON.parse(answer);
    const said = told?.choices?.[0]?.message?.content ?? told?.content?.map?.((part) => part.text ?? "").join("");
    if (typeof said === "string" && said) return { text: said, wrapped: true };
  } catch {
    /* plain words */
  }
  return { text: answer, wrapped: false };
}

/* ---- one stored answer ---- */

let opened = null;

async function openEntry(key, tenant, asked, reporting = false) {
  try {
    const entry = await ask("GET", entryPath(key, tenant));
    opened = { entry, tenant, asked };
    showEntry();
    if (!$("entry").open) $("entry").showModal();
    if (reporting) reportBox();
  } catch (error) {
    toast(error.status === 404 ? "That answer is no longer stored." : error.message);
  }
}

function showEntry() {
  const { entry } = opened;
  const { text, wrapped } = readable(entry.answer);
  put($("entry-question"), entry.query);
  const rows = [
    ["Tenant", opened.tenant || session.tenant || "default"],
    ["Namespace", entry.namespace || "none"],
    ["Model", [entry.model, entry.model_version].filter(Boolean).join(" ") || "none"],
    ["Source", entry.source || "none"],
    ["Stored", `${ago(entry.created_ms)}, ${clock(entry.created_ms)}`],
    ["Leaves", entry.ttl < 0 ? "never by time" : `in ${lasting(entry.ttl)}`],
    ["Kind of question", entry.intent],
    ["Size", size(entry.bytes)],
    ["Cost when made", entry.cost_usd === null ? "not told" : money(entry.cost_usd)],
    ["Found by", entry.embedded ? "meaning, and word for word" : "word for word only"],
    ["Tags", entry.tags.join(", ") || "none"],
    ["Pinned", entry.pinned ? "yes, never evicted" : "no"],
  ];
  const list = el("dl", { class: "facts entry-facts" });
  for (const [name, value] of rows) list.append(el("dt", { text: name }), el("dd", { text: value }));
  const actions = el("div", { class: "actions" });
  if (mayChange()) {
    actions.append(
      el("button", { type: "button", text: "Edit", onclick: editBox }),
      el("button", {
        type: "button",
        text: entry.pinned ? "Unpin" : "Pin",
        onclick: () => change({ pinned: !entry.pinned }, entry.pinned ? "Unpinned." : "Pinned: it is not evicted."),
      }),
    );
  }
  if (mayReport()) {
    actions.append(
      el("button", { type: "button", text: "It was right", onclick: () => report("good") }),
      el("button", { type: "button", class: "bad", text: "Report as wrong", onclick: reportBox }),
    );
  }
  if (mayChange()) actions.append(el("button", { type: "button", class: "bad", text: "Delete", onclick: deleteBox }));
  $("entry-body").replaceChildren(
    el("div", { class: "answer", text, tabindex: "0", role: "region", "aria-label": "The answer" }),
    ...(wrapped
      ? [
          el("p", {
            class: "dim",
            text: "Shown is what the message says; stored is the whole message of the model’s API.",
          }),
        ]
      : []),
    list,
    actions,
    el("div", { id: "entry-more" }),
  );
}

function sureBox(text, say, act, ...fields) {
  const yes = el("button", { type: "button", class: "bad", text: say, onclick: act });
  $("entry-more").replaceChildren(
    el(
      "div",
      { class: "sure-box" },
      el("p", { text }),
      ...fields,
      el(
        "div",
        { class: "actions" },
        yes,
        el("button", {
          type: "button",
          text: "Leave it",
          onclick: () => {
            $("entry-more").replaceChildren();
            $("entry-close").focus();
          },
        }),
      ),
    ),
  );
  (fields[0]?.querySelector("input") || yes).focus();
  $("entry-more").scrollIntoView({ block: "nearest" });
}

function deleteBox() {
  sureBox(
    "It is removed for everybody in this tenant. The next such question goes to the model.",
    "Delete it",
    async () => {
      await done(() => ask("DELETE", entryPath(opened.entry.key, opened.tenant)), "Deleted.");
    },
  );
}

function reportBox() {
  const question = el("input", { value: opened.asked || opened.entry.query, maxlength: "20000" });
  sureBox(
    "It is removed, and never served again to a question like this one:",
    "Report as wrong",
    () => report("bad", question.value.trim()),
    el("label", {}, "The question it was wrong for ", question),
  );
}

async function report(verdict, query) {
  const asked = { key: opened.entry.key, verdict };
  if (opened.tenant) asked.tenant = opened.tenant;
  if (verdict === "bad" && query) asked.query = query;
  if (verdict === "good" && opened.asked) asked.query = opened.asked;
  if (verdict === "good") {
    try {
      await ask("POST", "/api/v1/feedback", asked);
      toast("Noted: it was right.");
    } catch (error) {
      toast(error.message);
    }
  } else
    await done(
      () => ask("POST", "/api/v1/feedback", asked),
      "Reported: it is gone, and not served to such a question again.",
    );
}

async function done(act, says) {
  try {
    await act();
    $("entry").close();
    toast(says);
    if ($("ask").value.trim()) explain();
    if (stored.asked) stored.list(true);
  } catch (error) {
    toast(error.message);
  }
}

async function change(what, says) {
  try {
    opened.entry = await ask("PATCH", entryPath(opened.entry.key, opened.tenant), what);
    showEntry();
    toast(says);
    if (stored.asked) stored.list(true);
    return true;
  } catch (error) {
    toast(error.message);
    return false;
  }
}

function editBox() {
  const { entry } = opened;
  const text = el("textarea", { rows: "8", spellcheck: "false" });
  text.value = entry.answer;
  const life = el("input", {
    inputmode: "numeric",
    pattern: "[0-9]*",
    placeholder: entry.ttl < 0 ? "no end" : String(entry.ttl),
  });
  const save = async () => {
    const what = {};
    if (text.value !== entry.answer) what.answer = text.value;
    if (life.value.trim()) what.ttl_s = Number(life.value);
    if (Object.keys(what).length) await change(what, "Saved.");
    else showEntry();
  };
  $("entry-more").replaceChildren(
    el(
      "div",
      {},
      el("h3", { text: "Edit" }),
      el("label", {}, "Answer", text),
      el("label", {}, "Seconds it lives from now; 0: no end; empty: as it is", life),
      el(
        "div",
        { class: "actions" },
        el("button", { type: "button", class: "main", text: "Save", onclick: save }),
        el("button", { type: "button", text: "Leave it", onclick: showEntry }),
      ),
    ),
  );
  text.focus();
  $("entry-more").scrollIntoView({ block: "nearest" });
}

/* ---- what is stored ---- */

const stored = {
  rows: [],
  cursor: "0",
  asked: null,

  async list(anew) {
    if (anew) {
      this.rows = [];
      this.cursor = "0";
    }
    const query = new URLSearchParams({ limit: "50", cursor: this.cursor });
    if (this.asked.tenant) query.set("tenant", this.asked.tenant);
    if (this.asked.match) query.set("match", this.asked.match);
    try {
      let pages = 0;
      do {
        query.set("cursor", this.cursor);
        const told = await ask("GET", `/api/v1/cache/entries?${query}`);
        this.rows = [...this.rows, ...told.entries];
        this.cursor = told.cursor;
        pages += 1;
      } while (this.cursor !== "0" && this.rows.length === 0 && pages < 20);
    } catch (error) {
      toast(error.message);
      return;
    }
    keyed(
      $("stored"),
      this.rows,
      (row) => row.key,
      (row) => {
        const name = el("button", {
          type: "button",
          class: "link",
          onclick: () => openEntry(row.key, this.asked.tenant, ""),
        });
        put(name, row.query);
        const where = [row.namespace, row.model, row.tags.join(", "), row.source].filter(Boolean).join(" · ");
        return el(
          "li",
          {},
          name,
          el("span", { class: "num dim", text: `${size(row.bytes)} · ${row.ttl < 0 ? "no end" : lasting(row.ttl)}` }),
          el("span", {
            class: "sub",
            text: `${row.pinned ? "pinned · " : ""}stored ${ago(row.created_ms)}${where ? " · " + where : ""}`,
          }),
        );
      },
    );
    empty("stored", !this.rows.length);
    if (!this.rows.length) put($("stored-empty"), "Nothing is stored here that fits.");
    $("stored-more").hidden = this.cursor === "0";
  },
};

/* ---- beginning ---- */

function themeText() {
  put($("theme"), `Theme: ${theme.get()}`);
}

function begin() {
  themeText();
  $("theme").addEventListener("click", () => {
    theme.set(THEMES[(THEMES.indexOf(theme.get()) + 1) % THEMES.length]);
    theme.apply();
    themeText();
  });
  $("login-form").addEventListener("submit", login);
  $("logout").addEventListener("click", logout);
  $("ask-form").addEventListener("submit", explain);
  $("ask").addEventListener("search", () => {
    if (!$("ask").value) $("explanation").replaceChildren();
  });
  for (const id of ["ask-tenant", "ask-namespace", "ask-model"]) $(id).addEventListener("input", scopeText);
  for (const chip of document.querySelectorAll("[data-filter]")) {
    chip.addEventListener("click", () => {
      feed.filter = chip.dataset.filter;
      for (const other of document.querySelectorAll("[data-filter]"))
        other.setAttribute("aria-pressed", String(other === chip));
      feed.render();
    });
  }
  $("pause").addEventListener("click", () => {
    feed.paused = !feed.paused;
    $("pause").setAttribute("aria-pressed", String(feed.paused));
    put($("pause"), feed.paused ? "Go on" : "Pause");
    if (!feed.paused) feed.render();
  });
  $("entry-close").addEventListener("click", () => $("entry").close());
  $("entry").addEventListener("click", (event) => {
    if (event.target === $("entry")) $("entry").close();
  });
  $("stored-form").addEventListener("submit", (event) => {
    event.preventDefault();
    stored.asked = { tenant: session.tenant || $("stored-tenant").value.trim(), match: $("stored-match").value.trim() };
    stored.list(true);
  });
  $("stored-more").addEventListener("click", () => stored.list(false));
  document.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement?.tagName);
    if (event.key === "/" && !typing && !$("entry").open && !$("board").hidden) {
      event.preventDefault();
      $("ask").focus();
    }
  });
  link.open();
}

document.addEventListener("DOMContentLoaded", begin);
