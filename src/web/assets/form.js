// The form is a view of the case JSON: every field names its path; money is shown in yuan and kept in integer 分.
import { el } from "./dom.js";

const EVIDENCE_KINDS = [["documentary", "书证"], ["physical", "物证"], ["audio_visual", "视听资料"], ["electronic_data", "电子数据"], ["witness", "证人证言"], ["party_statement", "当事人陈述"], ["expert_opinion", "鉴定意见"], ["site_record", "现场笔录"]];

export const yuan = (fen) => {
  const sign = fen < 0 ? "-" : "", cents = Math.abs(fen);
  const whole = Math.trunc(cents / 100).toString(), rest = cents % 100;
  return sign + whole + (rest ? "." + String(rest).padStart(2, "0") : "");
};

export function fen(text) {
  const clean = text.replace(/[,，\s元￥¥]/g, "");
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(clean);
  if (!match) return NaN;
  const cents = Number(match[2]) * 100 + Number((match[3] ?? "").padEnd(2, "0"));
  return match[1] ? -cents : cents;
}

const read = (object, path) => path.split(".").reduce((at, key) => at?.[key], object);
function write(object, path, value) {
  const keys = path.split("."), last = keys.pop();
  let at = object;
  for (const key of keys) at = at[key] ??= {};
  at[last] = value;
}

export class CaseForm {
  constructor(root, narrative, catalog) {
    this.root = root;
    this.narrative = narrative;
    this.catalog = catalog;
    this.kept = {};
    const options = (select, rows, blank) => select?.replaceChildren(...(blank ? [el("option", { value: "" }, blank)] : []), ...rows.map(([value, zh]) => el("option", { value }, zh)));
    options(root.querySelector("#circumstance"), catalog.circumstances, "（未选）");
    options(root.querySelector("#party-kind"), catalog.party_kinds, "（未选）");
    options(root.querySelector("#tier"), catalog.tiers, "（待人决定）");
    const violation = root.querySelector("#violation");
    violation.append(el("option", { value: "" }, "（请选择违法行为）"));
    const groups = Map.groupBy ? Map.groupBy(catalog.violations, (v) => v.law) : catalog.violations.reduce((m, v) => m.set(v.law, [...(m.get(v.law) ?? []), v]), new Map());
    for (const [law, rows] of groups) {
      violation.append(el("optgroup", { label: law }, ...rows.map((v) => el("option", { value: v.id, title: v.act }, `${v.id}　${v.act.slice(0, 42)}${v.status === "active" ? "" : "〔" + v.status_zh + "〕"}`))));
    }
    violation.addEventListener("change", () => this.proposeCause());
    root.querySelector("#kinds")?.append(...catalog.kinds.map(([code, zh]) => el("label", {}, el("input", { type: "checkbox", value: code }), zh)));
    root.querySelector("#add-factor").onclick = () => this.addFactor({});
    root.querySelector("#add-evidence").onclick = () => this.addEvidence({});
    const officer = root.querySelector("#add-officer");
    if (officer) officer.onclick = () => this.addOfficer({});
  }

  addFactor(fact) {
    const row = el("div", { class: "row factor" },
      el("select", { "aria-label": "因素" }, ...this.catalog.factors.map((f) => el("option", { value: f.code, title: f.basis ?? "" }, f.zh))),
      el("input", { "aria-label": "事实", placeholder: "具体事实", value: fact.text ?? "" }),
      el("input", { "aria-label": "证据号", placeholder: "证据号", size: 4, value: (fact.evidence ?? []).join("、") }));
    if (fact.code) row.querySelector("select").value = fact.code;
    row.dataset.citation = fact.citation ?? "";
    this.root.querySelector("#factors").append(row);
  }

  addEvidence(item) {
    const rows = this.root.querySelector("#evidence");
    const row = el("div", { class: "row four evidence" },
      el("span", { class: "tag" }, String(item.no ?? rows.children.length + 1)),
      el("input", { "aria-label": "证据名称", placeholder: "名称", value: item.title ?? "" }),
      el("input", { "aria-label": "证明事项", placeholder: "证明事项", value: item.proves ?? "" }),
      el("select", { "aria-label": "证据种类" }, ...EVIDENCE_KINDS.map(([value, zh]) => el("option", { value }, zh))));
    row.querySelector("select").value = item.kind ?? "documentary";
    row.dataset.collected = item.collected_at ?? "";
    rows.append(row);
  }

  addOfficer(officer) {
    this.root.querySelector("#officers").append(el("div", { class: "row officer" },
      el("input", { "aria-label": "姓名", placeholder: "姓名", value: officer.name ?? "" }),
      el("input", { "aria-label": "执法证号", placeholder: "执法证号", value: officer.cert_no ?? "" }),
      el("input", { "aria-label": "有效期至", type: "date", value: officer.valid_to ?? "" })));
  }

  /** Shows a case; with `onlyEmpty` nothing a person has entered is overwritten. */
  show(data, onlyEmpty = false) {
    if (!onlyEmpty) this.kept = structuredClone(data);
    if (!onlyEmpty || !this.narrative.value) this.narrative.value = data.facts?.narrative ?? this.narrative.value;
    for (const field of this.root.querySelectorAll("[data-path]")) {
      const value = read(data, field.dataset.path);
      if (field.type === "checkbox") { if (!onlyEmpty || value) field.checked = Boolean(value); continue; }
      if (onlyEmpty && field.value) continue;
      field.value = value === undefined || value === null ? (onlyEmpty ? field.value : "") : "money" in field.dataset ? yuan(value) : value;
    }
    const lists = [["#factors", data.facts?.factors, (x) => this.addFactor(x)], ["#evidence", data.evid, (x) => this.addEvidence(x)], ["#officers", data.officer, (x) => this.addOfficer(x)]];
    for (const [id, rows, add] of lists) {
      const box = this.root.querySelector(id);
      if (!box) continue;
      if (onlyEmpty && box.children.length) continue;
      box.replaceChildren();
      for (const row of rows ?? []) add(row);
    }
    if (!onlyEmpty) {
      const kinds = new Set(data.disc?.final?.kinds ?? []);
      for (const box of this.root.querySelectorAll("#kinds input")) box.checked = kinds.has(box.value);
    } else this.proposeCause();
  }

  /** 案由 from the act, where nobody has written one: it stands in the form for the officer to see and change. */
  proposeCause() {
    const cause = this.root.querySelector('[data-path="case.cause"]');
    const act = this.catalog.violations.find((v) => v.id === this.root.querySelector("#violation").value)?.act;
    if (!cause || !act || (cause.value && cause.value !== cause.dataset.proposed)) return;
    cause.value = cause.dataset.proposed = `涉嫌${act.split(/[（；，。]/)[0]}`;
  }

  /** The case JSON; throws a message naming the field when a sum cannot be read. */
  value() {
    const data = structuredClone(this.kept);
    write(data, "facts.narrative", this.narrative.value || null);
    for (const field of this.root.querySelectorAll("[data-path]")) {
      let value = field.type === "checkbox" ? field.checked : field.value.trim();
      if (value === "") value = null;
      else if ("money" in field.dataset) {
        value = fen(value);
        if (Number.isNaN(value)) { field.focus(); throw new Error(`“${field.closest("label").firstChild.textContent.trim()}”不是金额：${field.value}`); }
      }
      if (field.dataset.path === "facts.rectify.corrected" && !read(data, "facts.rectify.ordered_at")) continue;
      if (value === null && read(data, field.dataset.path) === undefined) continue;
      write(data, field.dataset.path, value);
    }
    if (data.facts.gains) for (const key of ["refunded_before_filing_fen", "refunded_after_filing_fen"]) data.facts.gains[key] ??= 0;
    if (data.facts.gains && data.facts.gains.gross_receipts_fen == null) delete data.facts.gains;
    data.facts.factors = [...this.root.querySelectorAll(".factor")].map((row) => {
      const [code, text, numbers] = row.children;
      const fact = { code: code.value, text: text.value.trim() || null, evidence: (numbers.value.match(/\d+/g) ?? []).map(Number) };
      if (row.dataset.citation) fact.citation = row.dataset.citation;
      return fact;
    });
    data.evid = [...this.root.querySelectorAll(".evidence")].map((row, i) => {
      const item = { no: Number(row.children[0].textContent) || i + 1, title: row.children[1].value.trim() || null, proves: row.children[2].value.trim() || null, kind: row.children[3].value };
      if (row.dataset.collected) item.collected_at = row.dataset.collected;
      return item;
    });
    if (this.root.querySelector("#officers")) data.officer = [...this.root.querySelectorAll(".officer")].map((row) => ({ name: row.children[0].value.trim() || null, cert_no: row.children[1].value.trim() || null, valid_to: row.children[2].value || null }));
    const kinds = [...this.root.querySelectorAll("#kinds input:checked")].map((box) => box.value);
    const final = data.disc?.final;
    if (this.root.querySelector("#kinds") && (kinds.length || final?.tier || final?.fine_fen != null)) write(data, "disc.final.kinds", kinds);
    else if (data.disc && this.root.querySelector("#kinds")) delete data.disc.final;
    return data;
  }
}
