// Shows an assessment: articles, range as a picture, similar cases, deadlines and the trace. No rule is computed here.
import { el, svg } from "./dom.js";
import { yuan } from "./form.js";

const money = (fen) => yuan(fen).replace(/\B(?=(\d{3})+(?!\d))/g, ",") + " 元";
const span = (r) => `${r.lo_incl ? "" : "超过 "}${money(r.lo)} 至 ${money(r.hi)}${r.hi_incl ? "" : "（不含）"}`;
const GOOD = new Set(["range", "not_fineable"]);

export function showAssessment(box, a, catalog, finalFen) {
  const zh = (rows, code) => rows.find(([c]) => c === code)?.[1] ?? code;
  const parts = [el("p", { class: GOOD.has(a.result) ? "result" : "result bad" }, catalog.results[a.result] ?? a.result, a.tier ? el("span", { class: "tag ok" }, " " + zh(catalog.tiers, a.tier)) : null)];
  if (a.missing.length) parts.push(el("div", { class: "note error" }, "尚缺：", a.missing.map((m) => catalog.paths[m] ?? m).join("、")));
  parts.push(notes("提示", a.warnings.map((w) => [w.text, w.basis ? el("span", { class: "tag" }, w.basis) : null])));

  const fine = a.penalties.find((p) => p.kind === "fine" && p.range_fen);
  if (fine) parts.push(el("h3", {}, "罚款幅度"), picture(fine.range_fen, a.suggested_fen, a.similar, finalFen), el("table", {}, row("法定幅度", span(fine.range_fen)), a.suggested_fen ? row("建议幅度（" + zh(catalog.tiers, a.tier) + "）", span(a.suggested_fen)) : null, fine.multiple ? row("基数与倍数", `${money(fine.multiple.base_fen)} × ${fine.multiple.min ?? 0}～${fine.multiple.max} 倍`) : null, a.gains_fen != null ? row("违法所得", money(a.gains_fen)) : null, a.confiscate_fen ? row("应没收", money(a.confiscate_fen)) : null, finalFen != null ? row("人工定值", money(finalFen)) : null));

  if (a.penalties.length || a.orders.length) {
    parts.push(el("h3", {}, "处罚种类与行政命令"), el("table", {}, ...a.penalties.map((p) => row(zh(catalog.modes, p.mode), [zh(catalog.kinds, p.kind), p.duration ? durationText(p.duration) : null, p.hearing ? el("span", { class: "tag warn" }, "可要求听证") : null])), ...a.orders.map((o) => row("行政命令", catalog.orders[o] ?? o))));
  }
  if (a.clauses.length) {
    parts.push(el("h3", {}, "适用条款"));
    for (const c of a.clauses) parts.push(el("div", { class: "card" }, el("span", { class: "tag" }, c.role === "duty" ? "义务条" : "责任条"), ` 《${c.law}》第${c.article}条${c.paragraph ? `第${c.paragraph}款` : ""}${c.items.length ? `第${c.items.join("、")}项` : ""} `, el("span", { class: "tag " + (c.validity === "in_force" ? "ok" : c.validity === "unknown" ? "warn" : "bad") }, catalog.validity[c.validity] ?? c.validity), c.version ? el("span", { class: "tag" }, c.version) : null, c.text ? el("blockquote", {}, c.text) : el("blockquote", {}, "条文未安装，请以官方文本为准")));
  }
  if (a.factors.length) parts.push(el("h3", {}, "裁量因素"), el("table", {}, ...a.factors.map((f) => row(f.zh, [f.text ?? "", f.basis ? el("span", { class: "tag" }, f.basis) : null, f.evidence.length ? el("span", { class: "tag" }, "证据" + f.evidence.join("、")) : null]))));
  if (a.similar.n) {
    parts.push(el("h3", {}, "相似案例"), el("p", { class: "hint" }, `同一违法行为 ${a.similar.n} 件，同阶次 ${a.similar.same_tier_n} 件` + (a.similar.note ? "；" + a.similar.note : "") + (a.similar.median_ratio != null ? `（四分位 ${a.similar.q1?.toFixed(2)}～${a.similar.q3?.toFixed(2)}）` : "") + "。仅供同案同罚参照，不作处罚依据。"));
    for (const c of a.similar.cases) parts.push(el("div", { class: "card" }, el("strong", {}, c.title), " ", el("span", { class: "tag warn" }, c.label), el("div", { class: "hint" }, [c.region, c.decided_at, c.tier ? zh(catalog.tiers, c.tier) : null, c.fine_fen ? "罚款 " + money(c.fine_fen) : null, c.ratio != null ? `比值 ${c.ratio.toFixed(2)}` : null].filter(Boolean).join(" · ")), el("div", {}, c.why), c.differs ? el("div", { class: "hint" }, "不同：" + c.differs) : null));
  }
  const guards = [];
  guards.push(row("听证", a.hearing.required ? `应告知听证权利（${a.hearing.basis}）` : "不属于应当告知听证的情形"));
  guards.push(row("法制审核", a.legal_review.required ? "必经：" + a.legal_review.rules.join("；") : "不在必经范围"));
  for (const d of a.deadlines) guards.push(row(d.zh, [d.due, el("span", { class: "tag" }, d.basis)]));
  parts.push(el("h3", {}, "程序与期限"), el("table", {}, ...guards));
  parts.push(el("h3", {}, "推算过程"), el("div", { class: "trace" }, traceNode(a.trace, true)));
  box.className = "";
  box.replaceChildren(...parts.filter(Boolean));
}

/** A list that stays folded until it is wanted, with its length in sight. */
export const notes = (title, items, open = false) => (items.length ? el("details", { class: "notes", open }, el("summary", {}, `${title}（${items.length}）`), ...items.map((i) => el("div", { class: "note" }, i))) : null);

const row = (head, cells) => el("tr", {}, el("th", { scope: "row" }, head), el("td", {}, cells));

function durationText(d) {
  if (d.permanent) return "（终身）";
  const years = [d.min_years, d.max_years].filter((y) => y != null);
  return years.length ? `（${[...new Set(years)].join("～")} 年${d.permanent_allowed ? "或终身" : ""}）` : d.permanent_allowed ? "（可终身）" : "";
}

/** Statutory bar, suggested band, similar cases as dots, the person's figure as a marker. */
function picture(range, suggested, similar, finalFen) {
  const lo = range.lo, hi = Math.max(range.hi, lo + 1), x = (v) => 10 + 480 * Math.min(1, Math.max(0, (v - lo) / (hi - lo)));
  const parts = [svg("rect", { class: "axis", x: 10, y: 34, width: 480, height: 12, rx: 6 })];
  if (suggested) parts.push(svg("rect", { class: "band on", x: x(suggested.lo), y: 34, width: Math.max(3, x(suggested.hi) - x(suggested.lo)), height: 12, rx: 2 }));
  for (const c of similar.cases) if (c.fine_fen != null && c.fine_fen >= lo && c.fine_fen <= hi) parts.push(svg("circle", { class: "case", cx: x(c.fine_fen), cy: 26, r: 4 }, svg("title", {}, c.title + " " + money(c.fine_fen))));
  if (finalFen != null) parts.push(svg("path", { class: "mine", d: `M${x(finalFen)} 48l6 10h-12z` }, svg("title", {}, "人工定值 " + money(finalFen))));
  parts.push(svg("text", { x: 10, y: 74 }, money(lo)), svg("text", { x: 490, y: 74, "text-anchor": "end" }, money(range.hi)));
  if (finalFen != null) parts.push(svg("text", { x: x(finalFen), y: 74, "text-anchor": "middle" }, "定值"));
  parts.push(svg("text", { x: 10, y: 14 }, "● 相似案例　■ 建议幅度　▲ 人工定值"));
  return svg("svg", { class: "range", viewBox: "0 0 500 80", role: "img", "aria-label": `法定幅度 ${span(range)}${suggested ? "，建议幅度 " + span(suggested) : ""}` }, ...parts);
}

function traceNode(node, open = false) {
  const inputs = Object.entries(node.inputs ?? {}).map(([k, v]) => `${k}=${typeof v === "object" ? JSON.stringify(v) : v}`).join("　");
  const label = [node.outcome, ...(node.basis ?? []).map((b) => el("span", { class: "tag" }, b)), inputs ? el("code", {}, " " + inputs) : null];
  if (!node.children?.length) return el("div", { class: "leaf" }, ...label);
  return el("details", { open }, el("summary", {}, ...label), ...node.children.map((c) => traceNode(c)));
}
