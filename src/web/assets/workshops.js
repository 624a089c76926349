// The trainer's list: building a set, importing one, opening a class.
import { post } from "./api.js";
import { el } from "./dom.js";
import { showRefusal } from "./refusal.js";
import { sayNext } from "./shell.js";

const $ = (id) => document.getElementById(id);
// Not crypto.randomUUID: a class on a local network has no secure context.
const once = () => ({ "idempotency-key": [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("") });

async function guarded(button, work) {
  button.disabled = true;
  $("refusal").replaceChildren();
  try { await work(); } catch (error) { showRefusal($("refusal"), error); } finally { button.disabled = false; }
}

for (const button of document.querySelectorAll("[data-open]")) {
  button.addEventListener("click", () => guarded(button, async () => {
    const made = await post("/api/v1/workshops", { set: button.dataset.open }, once());
    location.assign(`/workshops/${encodeURIComponent(made.id)}`);
  }));
}

const form = $("new-set");
if (form) {
  const boxes = [...form.querySelectorAll("input[type=checkbox]")], chosen = () => boxes.filter((b) => b.checked).map((b) => b.value);
  form.addEventListener("change", () => { $("picked").textContent = `已选 ${chosen().length} 题`; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(event.submitter, async () => {
      const made = await post("/api/v1/workshops/sets", { title: $("title").value, cases: chosen(), points: Number($("points").value) }, once());
      sayNext(`题目“${made.title}”已建立，共 ${made.questions} 题`);
      location.assign("/workshops");
    });
  });
}

$("import").addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(event.submitter, async () => {
    const file = $("file").files[0];
    if (!file) throw new Error("请选择文件");
    const done = await post(`/api/v1/workshops/sets/import?title=${encodeURIComponent($("import-title").value)}`, file);
    $("import-report").replaceChildren(
      el("p", { class: done.id ? "note good" : "note error" }, done.id ? `已导入“${done.title}”，共 ${done.accepted.length} 题。` : "没有可用的题目，没有建立。", done.id ? el("a", { href: "/workshops" }, "查看") : null),
      done.refused.length ? el("ul", { class: "plain" }, ...done.refused.map((r) => el("li", {}, `第 ${r.row} 行没有导入：${r.why}`))) : null);
  });
});
