// The reviewer's desk: remarks on passages, the items of the list, the conclusion. The conclusion is a person's; nothing is ticked
// beforehand.
import { post } from "./api.js";
import { el } from "./dom.js";
import { showRefusal } from "./refusal.js";
import { sayNext } from "./shell.js";
import { wireSteps } from "./steps.js";

const $ = (id) => document.getElementById(id);
const state = JSON.parse($("data").dataset.json);
const base = `/api/v1/reviews/${encodeURIComponent(state.review)}`;
const once = () => ({ "idempotency-key": crypto.randomUUID() });

wireSteps(state, () => location.reload());

// ── Columns, shown or put away; kept for the next desk.
const PINS = "desk-pins";
let put = {};
try { put = JSON.parse(localStorage.getItem(PINS) ?? "{}"); } catch { /* nothing kept */ }
for (const pin of document.querySelectorAll("[data-pin]")) {
  const column = $(`col-${pin.dataset.pin}`);
  const set = (on) => { pin.setAttribute("aria-pressed", String(on)); column.hidden = !on; };
  set(put[pin.dataset.pin] !== false);
  pin.addEventListener("click", () => {
    put[pin.dataset.pin] = pin.getAttribute("aria-pressed") !== "true";
    set(put[pin.dataset.pin]);
    try { localStorage.setItem(PINS, JSON.stringify(put)); } catch { /* no storage */ }
  });
}

// ── Remarks, anchored to a passage and to the words marked in it.
for (const button of document.querySelectorAll("[data-comment]")) {
  const passage = button.closest("[data-field]");
  button.addEventListener("click", () => {
    const picked = getSelection();
    const quote = picked && passage.querySelector(".words").contains(picked.anchorNode) ? picked.toString().trim() : "";
    const text = el("textarea", { rows: 3, "aria-label": "批注内容" }), refusal = el("div", { class: "refusal", role: "alert" });
    const box = el("div", { class: "commenting" }, quote ? el("q", {}, quote) : el("p", { class: "hint" }, "对整段批注；先选中文字可以只批注那几个字。"), text,
      el("div", { class: "bar" }, el("button", { type: "button", class: "primary", onclick: async () => {
        try {
          await post(`${base}/comments`, { version: state.version, anchor: { draft: state.draft ?? "", field: passage.dataset.field, quote }, text: text.value.trim() }, once());
          sayNext("批注已保存");
          location.reload();
        } catch (error) { showRefusal(refusal, error); }
      } }, "保存批注"), el("button", { type: "button", class: "ghost", onclick: () => { box.replaceWith(button); button.focus(); } }, "取消")), refusal);
    button.replaceWith(box);
    text.focus();
  });
}
for (const button of document.querySelectorAll("[data-settle]")) {
  button.addEventListener("click", async () => {
    try {
      await post(`${base}/comments/${encodeURIComponent(button.dataset.settle)}/settle`, { version: state.version }, once());
      location.reload();
    } catch (error) { const box = el("div", { class: "refusal" }); button.after(box); showRefusal(box, error); }
  });
}

// ── Similar cases: which stand side by side, and which the reviewer leaves out, with a reason.
$("side-pick")?.addEventListener("change", (event) => {
  for (const cell of document.querySelectorAll(`[data-col="${event.target.value}"]`)) cell.hidden = !event.target.checked;
});
const leave = async (path, body, said, box = $("similar-refusal")) => {
  box.replaceChildren();
  try {
    await post(`${base}/${path}`, { version: state.version, ...body }, once());
    sayNext(said);
    location.reload();
  } catch (error) { showRefusal(box, error); }
};
for (const button of document.querySelectorAll("[data-exclude]")) {
  button.addEventListener("click", () => {
    const reason = el("input", { "aria-label": "排除的理由", placeholder: "为什么不能与本案比较（必填）" }), refusal = el("div", { class: "refusal", role: "alert" });
    const box = el("form", { class: "bar", onsubmit: (event) => { event.preventDefault(); leave("exclusions", { precedent: button.dataset.exclude, title: button.dataset.title, reason: reason.value.trim() }, "已排除，统计已重算", refusal); } },
      reason, el("button", { type: "submit", class: "primary" }, "排除"), el("button", { type: "button", class: "ghost", onclick: () => { box.replaceWith(button); button.focus(); } }, "取消"), refusal);
    button.replaceWith(box);
    reason.focus();
  });
}
for (const button of document.querySelectorAll("[data-include]")) button.addEventListener("click", () => leave("exclusions/revoke", { precedent: button.dataset.include }, "已恢复比较"));

// ── The list and the conclusion.
const form = $("conclude");
if (form) {
  const KEPT = `conclude:${state.review}`;
  const items = [...form.querySelectorAll("[data-item]")];
  const answer = (item) => ({ id: item.dataset.item, verdict: item.querySelector("input[type=radio]:checked")?.value, note: item.querySelector("input[placeholder]").value.trim() });
  const tell = () => {
    const left = items.filter((i) => !answer(i).verdict);
    for (const i of items) i.classList.toggle("answered", Boolean(answer(i).verdict));
    $("conclude-note").textContent = left.length ? `还有 ${left.length} 项没有认定` : "十六项都已认定";
  };
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    for (const { id, verdict, note } of kept?.items ?? []) {
      const item = items.find((i) => i.dataset.item === id);
      if (verdict) item.querySelector(`input[value="${verdict}"]`).checked = true;
      item.querySelector("input[placeholder]").value = note;
    }
    if (kept?.opinion) $("opinion").value = kept.opinion;
  } catch { /* nothing kept */ }
  tell();
  form.addEventListener("input", () => {
    tell();
    try { sessionStorage.setItem(KEPT, JSON.stringify({ items: items.map(answer), opinion: $("opinion").value })); } catch { /* full */ }
  });
  // 1, 2, 3 on an item, outside its text field; then on to the next.
  form.addEventListener("keydown", (event) => {
    const item = event.target.closest("[data-item]");
    if (!item || event.target.matches("input[placeholder]") || !["1", "2", "3"].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const radio = item.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
    radio.checked = true;
    radio.dispatchEvent(new Event("input", { bubbles: true }));
    const next = items[items.indexOf(item) + 1];
    if (event.key === "1") (next?.querySelector("input[type=radio]") ?? form.querySelector('input[name="conclusion"]')).focus();
    else item.querySelector("input[placeholder]").focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    $("conclude-refusal").replaceChildren();
    const conclusion = form.querySelector('input[name="conclusion"]:checked')?.value;
    if (!conclusion) { showRefusal($("conclude-refusal"), new Error("请选择审核结论")); form.querySelector('input[name="conclusion"]').focus(); return; }
    button.disabled = true;
    try {
      const checklist = items.map(answer).filter((i) => i.verdict);
      await post(`${base}/conclusion`, { version: state.version, conclusion, opinion: $("opinion").value.trim(), checklist }, once());
      try { sessionStorage.removeItem(KEPT); } catch { /* no storage */ }
      sayNext("审核结论已作出");
      location.reload();
    } catch (error) { showRefusal($("conclude-refusal"), error); } finally { button.disabled = false; }
  });
}
