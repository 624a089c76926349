// Forms of steps: drawn by the service, sent as the step's JSON. No rule is known here; what is typed is kept until it is accepted.
import { post } from "./api.js";
import { fen } from "./form.js";
import { showRefusal } from "./refusal.js";
import { say, sayNext } from "./shell.js";

function write(object, path, value) {
  const keys = path.split("."), last = keys.pop();
  let at = object;
  for (const key of keys) at = at[key] ??= {};
  at[last] = value;
}

class Unreadable extends Error {}

const label = (field) => field.closest("label, fieldset")?.querySelector("span, legend")?.textContent.replace("*", "").trim() ?? "";

function valueOf(field) {
  const kind = field.dataset.kind, text = (field.value ?? "").trim();
  if (kind === "bool") return field.checked;
  if (kind === "json") { try { return JSON.parse(text); } catch { return text; } }
  if (field.matches("fieldset")) {
    const ticked = [...field.querySelectorAll("input:checked")].map((i) => i.value);
    return kind === "evidence" ? ticked.map(Number) : ticked;
  }
  if (kind === "lines") return text.split("\n").map((l) => l.trim()).filter(Boolean);
  if (text === "") return undefined;
  if (kind === "money") {
    const sum = fen(text);
    if (Number.isNaN(sum)) { field.focus(); throw new Unreadable(`“${label(field)}”不是金额：${text}`); }
    return sum;
  }
  if (kind === "int" || kind === "evidence_no" || kind === "index") {
    if (!/^-?\d+$/.test(text)) { field.focus(); throw new Unreadable(`“${label(field)}”不是整数：${text}`); }
    return Number(text);
  }
  if (kind === "datetime") return `${text.length === 16 ? text + ":00" : text}+08:00`;
  return text;
}

/** The JSON of a form; rows become lists of objects. */
export function valueOfForm(root) {
  const out = {};
  for (const field of root.querySelectorAll("[data-path]")) {
    if (field.parentElement.closest("[data-row]") && root.dataset.row === undefined && field.dataset.kind !== "rows") continue;
    if (field.dataset.kind === "rows") {
      const rows = [...field.querySelectorAll(":scope > [data-row]")].map(valueOfForm);
      write(out, field.dataset.path, rows.filter((r) => Object.values(r).some((v) => v !== "" && v !== false && v !== undefined)));
      continue;
    }
    const value = valueOf(field);
    if (value !== undefined) write(out, field.dataset.path, value);
  }
  return out;
}

function addRow(button) {
  const rows = button.parentElement.querySelectorAll(":scope > [data-row]"), copy = rows[rows.length - 1].cloneNode(true);
  for (const field of copy.querySelectorAll("input, textarea, select")) {
    if (field.type === "checkbox") field.checked = false; else if (field.type !== "hidden") field.value = "";
    if (field.id) {
      const old = field.id;
      field.id = old.replace(/(-r\d+)?$/, `-r${rows.length}`);
      copy.querySelector(`label[for="${CSS.escape(old)}"]`)?.setAttribute("for", field.id);
    }
  }
  button.before(copy);
  copy.querySelector("input, textarea, select")?.focus();
}

/** What is typed in a form survives a reload; gone once the step is taken. */
function keep(form, key) {
  const fields = () => [...form.querySelectorAll("input, textarea, select")];
  const name = (f, i) => f.id || `${f.closest("[data-path]")?.dataset.path}#${i}`;
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
    if (kept) fields().forEach((f, i) => {
      const value = kept[name(f, i)];
      if (value === undefined) return;
      if (f.type === "checkbox" || f.type === "radio") f.checked = value; else if (f.type !== "hidden") f.value = value;
    });
  } catch { /* nothing kept */ }
  form.addEventListener("input", () => {
    const now = Object.fromEntries(fields().map((f, i) => [name(f, i), f.type === "checkbox" || f.type === "radio" ? f.checked : f.value]));
    try { sessionStorage.setItem(key, JSON.stringify(now)); } catch { /* storage is full */ }
  });
  return () => { try { sessionStorage.removeItem(key); } catch { /* no storage */ } };
}

/** Wires all step forms of a page. `state` holds the case number and the version the page was drawn from. */
export function wireSteps(state, after) {
  for (const button of document.querySelectorAll("[data-more]")) button.addEventListener("click", () => addRow(button));
  for (const form of document.querySelectorAll("form[data-step]")) {
    const forget = keep(form, `step:${state.case_no}:${form.dataset.key}`);
    const box = form.querySelector(".refusal"), button = form.querySelector("button[type=submit]");
    // One key per content: pressing twice or a lost answer does not act twice.
    let key = crypto.randomUUID();
    form.addEventListener("input", () => { key = crypto.randomUUID(); });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      box.replaceChildren();
      button.disabled = true;
      try {
        const body = { ...valueOfForm(form), step: form.dataset.step, version: state.version };
        const day = form.querySelector("[data-day]")?.value;
        if (day) body.day = day;
        const done = await post(`/api/v1/cases/${encodeURIComponent(state.case_no)}/steps`, body, { "idempotency-key": key });
        forget();
        sayNext(`“${button.textContent}”已办理，案件现在“${done.state_zh}”`);
        after(done, form);
      } catch (error) {
        key = crypto.randomUUID();
        showRefusal(box, error);
        if (!(error.body || error instanceof Unreadable)) say(error.message, true);
      } finally {
        button.disabled = false;
      }
    });
  }
}
