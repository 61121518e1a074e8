"use strict";
(() => {
const $ = id => document.getElementById(id), D = JSON.parse($("data").textContent), N = D.draws;
const LOW = Math.floor(.05 * (N - 1)), HIGH = Math.ceil(.95 * (N - 1));
const sum = (a, b) => { let t = 0; for (let i = 0; i < a.length; i++) t += a[i] * b[i]; return t; };

/* numbers of four bytes, draw after draw, below the curve that was fitted */
function unpack(text, fitted) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0)), view = new DataView(bytes.buffer), rows = [Float64Array.from(fitted)];
  for (let d = 0; d < N; d++) rows.push(Float64Array.from(fitted, (_, j) => view.getFloat32(4 * (d * fitted.length + j), true)));
  return rows;
}

/* Purchases: expected purchases of one new customer and spend of the base, told at Chebyshev's points of logarithmic time;
   the integral of e^(−δt) over their increments by parts, as in retainkit.reports.page.what_if. */
function purchases() {
  const fresh = unpack(D.newDraws, D.new), base = unpack(D.baseDraws, D.base), n = D.new.length, H = D.horizon, c = H / D.span, [X, W] = D.rule;
  const at = Array.from({ length: n + 1 }, (_, j) => Math.log1p(D.span) * (1 - Math.cos(Math.PI * j / n)) / 2);
  const shares = new Float64Array(n + 1);
  function interpolate(u, scale, out) { // adds scale × the share of each node at u
    let total = 0, on = -1;
    for (let j = 0; j <= n; j++) { const apart = u - at[j]; if (apart === 0) on = j; total += shares[j] = (j % 2 ? -1 : 1) * (j === 0 || j === n ? .5 : 1) / apart; }
    if (on >= 0) { if (on) out[on - 1] += scale; return; }
    for (let j = 1; j <= n; j++) out[j - 1] += scale * shares[j] / total;
  }
  function weights(t, discount) {
    const force = Math.log1p(discount), end = Math.log1p(t / c), out = new Float64Array(n);
    interpolate(end, Math.exp(-force * t), out);
    for (let q = 0; q < X.length; q++) { const u = end * (1 + X[q]) / 2, s = c * Math.expm1(u); interpolate(u, force * end * W[q] / 2 * Math.exp(-force * s) * (s + c), out); }
    return out;
  }
  const grid = Array.from({ length: D.grid + 1 }, (_, k) => H * k / D.grid), start = weights(H, D.start.discount);
  const scale = base.map((b, d) => d ? D.spent[d - 1] / sum(b, start) : 1);
  /* Years until earnings, which rise and are as smooth as the curve, cover the cost: regula falsi (Illinois) within a step of the grid. */
  function payback(d, p, each, cash) {
    if (each >= p.cost) return 0;
    let k = cash.findIndex(v => v >= 0);
    if (k < 0) return Infinity;
    let a = grid[k - 1], b = grid[k], fa = cash[k - 1], fb = cash[k], side = 0;
    for (let i = 0; i < 60 && b - a > 1e-14 * H && fb > 0; i++) {
      const t = Math.min(Math.max((a * fb - b * fa) / (fb - fa), a), b), ft = each * (1 + p.factor * sum(fresh[d], weights(t, p.discount))) - p.cost;
      if (Math.abs(ft) < 1e-13 * p.cost) { b = t; break; }
      if (ft >= 0) { b = t; fb = ft; if (side > 0) fa /= 2; side = 1; } else { a = t; fa = ft; if (side < 0) fb /= 2; side = -1; }
    }
    return b * D.perYear;
  }
  return { times: grid, evaluate(p) {
    const whole = weights(H, p.discount), along = grid.map(t => weights(t, p.discount));
    return fresh.map((f, d) => {
      const each = p.margin * D.spend[d], value = each * (1 + p.factor * sum(f, whole)), cash = along.map(w => each * (1 + p.factor * sum(f, w)) - p.cost);
      return { value, net: value - p.cost, base: p.margin * p.factor * sum(base[d], whole) * scale[d], payback: payback(d, p, each, cash), cash };
    });
  } };
}

/* Renewals: the share still there month by month; the hazard of leaving times a factor is that power of the share. */
function renewals() {
  const stays = unpack(D.staysDraws, D.stays), H = D.months;
  function base(S, p) {
    const v = (1 + p.discount) ** (-1 / 12); let total = 0;
    D.paid.forEach((paid, a) => { if (!paid) return; let t = 0; for (let j = 1; j <= H; j++) t += (S[a + j] / S[a]) ** p.factor * v ** j; total += paid * t; });
    return total;
  }
  const scale = stays.map((S, d) => d ? D.spent[d - 1] / base(S, D.start) : 1);
  return { times: Array.from({ length: H + 1 }, (_, k) => k), evaluate(p) {
    const v = (1 + p.discount) ** (-1 / 12);
    return stays.map((S, d) => {
      const cash = [-p.cost]; let t = 0, payback = Infinity;
      for (let k = 0; k < H; k++) { t += p.margin * D.first * S[k] ** p.factor * v ** k; if (payback === Infinity && t >= p.cost) payback = k + 1; cash.push(t - p.cost); }
      return { value: t, net: t - p.cost, base: p.margin * base(S, p) * scale[d], payback, cash };
    });
  } };
}

const model = D.kind === "purchases" ? purchases() : renewals();
const interval = (all, of) => { const s = all.slice(1).map(of).sort((a, b) => a - b); return [s[LOW], s[HIGH]]; };
window.retainkit = { evaluate(p) {
  const all = model.evaluate(p), told = { range: {} };
  for (const name of ["value", "net", "base", "payback"]) { told[name] = all[0][name]; told.range[name] = interval(all, o => o[name]); }
  return told;
} };

/* amounts with as many digits as their interval carries */
const step = r => r[1] > r[0] ? 10 ** (Math.floor(Math.log10((r[1] - r[0]) / 2)) - 1) : .01;
function money(x, unit) {
  const s = Math.max(unit, .01), size = Math.abs(Math.round(x / s) * s), large = size >= 1e6;
  const digits = large ? Math.min(3, Math.max(0, 6 - Math.round(Math.log10(s)))) : s < 1 ? 2 : 0;
  return (x < 0 && size > 0 ? "−" : "") + D.currency + (large ? size / 1e6 : size).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }) + (large ? "m" : "");
}
const signed = (x, unit) => (x >= 0 ? "+" : "") + money(x, unit);
const spans = r => "90%: " + money(r[0], step(r)) + " to " + money(r[1], step(r));
const years = D.kind === "purchases" ? D.horizon : D.months / 12, within = "not within " + D.ahead;
const time = x => D.kind === "purchases" ? (x ? x.toFixed(1) + " " + D.unit + "s" : "at once") : x === 1 ? "at once" : x + " months";
const when = x => x === Infinity ? within : time(x);
function whenRange(r) {
  if (r[0] === Infinity) return "90%: " + within;
  if (when(r[0]) === when(r[1])) return "90%: " + when(r[0]);
  const a = D.kind === "purchases" ? r[0].toFixed(1) : r[0], b = r[1] === Infinity ? "never in " + D.ahead : time(r[1]);
  return "90%: " + (r[0] === 0 ? "at once" : a) + " to " + b;
}

const SET = [...document.querySelectorAll(".controls input[type=range]")].map(e => e.id), exact = id => $(id + "-exact").valueAsNumber;
const read = () => ({ margin: exact("margin") / 100, cost: exact("cost"), discount: exact("discount") / 100, factor: 1 + exact("factor") / 100 });
let before = null;

function draw(all) {
  const T = model.times, K = T.length - 1, now = all[0].cash, lo = [], hi = [];
  for (let k = 0; k <= K; k++) { const [a, b] = interval(all, o => o.cash[k]); lo.push(a); hi.push(b); }
  const ends = [...now, ...before.cash, ...lo, ...hi, 0], bottom = Math.min(...ends), top = Math.max(...ends), size = top - bottom || 1;
  const w = Math.max(280, $("cash").clientWidth || 440), x = k => 60 + k / K * (w - 74), y = v => 208 - (v - bottom) / size * 178, f = n => n.toFixed(1), parts = [];
  const unit = 10 ** Math.floor(Math.log10(size / 3)), gap = unit * [1, 2, 5, 10].find(s => size / (s * unit) <= 4.5), plain = v => money(v, Math.max(1, gap)) ;
  for (let t = Math.ceil(bottom / gap) * gap; t <= top + 1e-9; t += gap) parts.push(`<line class="${Math.abs(t) < 1e-9 ? "axis" : "grid"}" x1="60" x2="${w - 14}" y1="${f(y(t))}" y2="${f(y(t))}"/>`, ["end tick", 54, y(t) + 4, plain(Math.abs(t) < 1e-9 ? 0 : t)]);
  for (let m = 0; m <= years * 12 + 1e-9; m += years > 6 ? 24 : years > 1.5 ? 12 : 3) parts.push(["mid tick", x(m / (years * 12) * K), 230, m ? m + " mo" : "won"]);
  const path = c => "M" + c.map((v, k) => f(x(k)) + " " + f(y(v))).join("L"), back = lo.map((v, k) => f(x(k)) + " " + f(y(v))).reverse().join("L");
  parts.push(`<path class="bandfill" d="${path(hi)}L${back}Z"/>`);
  if (now.some((v, k) => Math.abs(v - before.cash[k]) > size / 400)) parts.push(`<path class="line before" d="${path(before.cash)}"/>`, ["end note", w - 14, y(before.cash[K]) + (before.cash[K] > now[K] ? -7 : 16), "as in the report"]);
  parts.push(`<path class="line model" d="${path(now)}"/>`);
  const p = all[0].payback, place = D.kind === "purchases" ? p / D.perYear / D.horizon * K : p;
  if (p > 0 && p !== Infinity) { // beside the mark where there is room, else below it at the edge
    const said = D.kind === "purchases" ? "paid back after " + time(p) : "paid back with payment " + p, room = 6.7 * said.length + 9, at = x(place);
    parts.push(`<circle class="mark" r="5" cx="${f(at)}" cy="${f(y(0))}"/>`);
    parts.push(at + room < w ? ["lab", at + 9, y(0) + 17, said] : at - room > 60 ? ["lab end", at - 9, y(0) - 9, said] : ["lab end", w - 2, y(0) + 33, said]);
  }
  const svg = $("cash"), ns = "http://www.w3.org/2000/svg";
  svg.setAttribute("viewBox", `0 0 ${w} 240`);
  [...svg.querySelectorAll(":scope > :not(title)")].forEach(e => e.remove());
  for (const part of parts) {
    if (typeof part === "string") { svg.insertAdjacentHTML("beforeend", part); continue; }
    const text = document.createElementNS(ns, "text"); // words are set as text: a currency sign may be anything
    text.setAttribute("class", part[0]); text.setAttribute("x", f(part[1])); text.setAttribute("y", f(part[2])); text.textContent = part[3];
    svg.append(text);
  }
}

function show() {
  const p = read(), all = model.evaluate(p), now = all[0], put = (id, text) => { $(id).textContent = text; };
  const value = interval(all, o => o.value), base = interval(all, o => o.base), paid = interval(all, o => o.payback);
  put("r-value", money(now.value, step(value))); put("r-value-range", spans(value));
  put("r-value-change", p.cost ? money(now.net, step(value)) + " after acquisition cost" : "no acquisition cost given");
  put("r-payback", when(now.payback)); put("r-payback-range", p.cost ? whenRange(paid) : "nothing to pay back");
  put("r-ratio", p.cost ? "value " + (now.value / p.cost).toFixed(1) + " times the acquisition cost" : "");
  put("r-base", money(now.base, step(base))); put("r-base-range", spans(base));
  put("r-base-change", Math.abs(now.base - before.base) < step(base) / 2 ? "as in the report" : signed(now.base - before.base, step(base)) + " against the report");
  draw(all);
}
before = model.evaluate(D.start)[0];
let waiting = false;
const soon = () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; show(); }); } };
for (const id of SET) {
  $(id).addEventListener("input", () => { $(id + "-exact").value = $(id).value; soon(); });
  $(id + "-exact").addEventListener("input", () => { const e = $(id + "-exact"); if (e.validity.valid && e.value !== "") { $(id).value = e.value; soon(); } });
}
$("back").addEventListener("click", () => { document.querySelector(".controls").reset(); show(); });
let width = 0; // the chart is as wide as its place, so that its text keeps its size
new ResizeObserver(() => { if (Math.abs($("cash").clientWidth - width) > 1) { width = $("cash").clientWidth; soon(); } }).observe($("cash"));
show();
})();
