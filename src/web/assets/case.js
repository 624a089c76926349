// The page of a case: one stage at a time, forms of steps, the facts, search, attachments, the record.
import { get, post } from "./api.js";
import { el } from "./dom.js";
import { openDrafts } from "./drafts.js";
import { openFacts } from "./facts.js";
import { showRefusal } from "./refusal.js";
import { say, sayNext } from "./shell.js";
import { wireSteps } from "./steps.js";

const $ = (id) => document.getElementById(id);
const state = JSON.parse($("data").dataset.json);
const base = `/api/v1/cases/${encodeURIComponent(state.case_no)}`;
const sections = [...document.querySelectorAll("[data-section]")];

// ── Stages: the address says which one is shown; without a script all of them are.
function show(id, focus = false) {
  for (const section of sections) section.hidden = section.dataset.section !== id;
  for (const link of document.querySelectorAll("[data-stage]")) link.classList.toggle("shown", link.dataset.stage === id);
  if (focus) $(id).querySelector("h2").scrollIntoView({ block: "nearest" });
}
function follow() {
  const wanted = location.hash.slice(1);
  const step = wanted.startsWith("step-") ? $(wanted) : null;
  const section = step?.closest("[data-section]")?.dataset.section ?? (sections.some((s) => s.id === wanted) ? wanted : state.now);
  show(section);
  if (step) { step.open = true; step.scrollIntoView({ block: "center" }); step.querySelector("summary").focus(); }
}
window.addEventListener("hashchange", follow);
follow();

function again(section) {
  const here = sections.find((s) => !s.hidden)?.id;
  history.replaceState(null, "", `#${section ?? here ?? ""}`);
  location.reload();
}

// After a step the page is drawn anew at the stage the case has reached, or stays where it was.
wireSteps(state, (done, form) => {
  const moved = done.state !== state.state;
  if (moved) { history.replaceState(null, "", location.pathname); location.reload(); } else again(form.closest("[data-section]")?.id);
});

// ── Facts, saved on the version they were read from.
const KEPT = `facts:${state.case_no}`;
if ($("save-facts")) {
  let changed = false;
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null"); } catch { /* nothing kept */ }
  const facts = await openFacts(kept ?? state.case, () => {
    changed = true;
    try { sessionStorage.setItem(KEPT, JSON.stringify(facts.form.value())); } catch { /* unreadable yet */ }
    $("facts-note").textContent = "有改动还没有保存（已在本机暂存）";
  });
  if (kept) { changed = true; $("facts-note").textContent = "恢复了上次没有保存的改动"; }
  const guarded = (button, work) => button.addEventListener("click", async () => {
    button.disabled = true;
    $("facts-refusal").replaceChildren();
    try { await work(); } catch (error) { showRefusal($("facts-refusal"), error); } finally { button.disabled = false; }
  });
  guarded($("do-extract"), () => facts.extract());
  guarded($("save-facts"), async () => {
    await post(`${base}/facts`, { case: facts.form.value(), version: state.version }, { "idempotency-key": crypto.randomUUID() });
    changed = false;
    try { sessionStorage.removeItem(KEPT); } catch { /* no storage */ }
    sayNext("事实已保存；改动过的事实须重新确认");
    again("facts");
  });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// ── Search of articles and norms.
$("search").addEventListener("submit", async (event) => {
  event.preventDefault();
  const query = $("search-q").value.trim();
  if (!query) return;
  const box = $("hits");
  box.replaceChildren(el("p", { class: "hint" }, "正在检索……"));
  try {
    const asked = { query, limit: 8, as_of: state.case.facts?.act_to ?? state.case.facts?.act_from ?? undefined };
    const [laws, norms] = await Promise.all([post("/api/v1/search/statutes", asked), post("/api/v1/search/norms", { query, limit: 4 })]);
    const hit = (h, what) => el("details", { class: "clause" }, el("summary", {}, el("span", { class: "tag" }, what), ` ${h.title ?? h.law ?? ""} ${h.article ? `第${h.article}条` : ""}`), el("blockquote", {}, h.snippet || ""), h.kind === "norm" ? null : el("p", { class: "hint" }, el("a", { href: `/articles/${encodeURIComponent(h.law)}/${encodeURIComponent(h.id.split("#")[1])}${asked.as_of ? `?as_of=${asked.as_of}` : ""}` }, "看全条和历次文本")));
    const rows = [...(laws.hits ?? laws).map((h) => hit(h, "条文")), ...(norms.hits ?? norms).map((h) => hit(h, "规范，不作处罚依据"))];
    box.replaceChildren(...(rows.length ? rows : [el("p", { class: "empty-line" }, "没有找到")]));
  } catch (error) { showRefusal(box, error); }
});

// ── Attachments.
const KINDS = [["evidence", "证据材料"], ["av", "音像记录"], ["document", "文书"], ["identity", "身份证明"], ["other", "其他"]];
async function attachments() {
  const box = $("attachments");
  try {
    const { attachments: rows, kinds } = await get(`${base}/attachments`);
    const list = rows.length ? el("ul", { class: "plain" }, ...rows.map((a) => el("li", {}, el("a", { href: `${base}/attachments/${encodeURIComponent(a.id)}` }, a.name), el("small", {}, [a.evidence_no ? `证据${a.evidence_no}` : null, `${Math.ceil(a.size / 1024)} KB`, `校验值 ${a.sha256}`].filter(Boolean).join(" · "))))) : el("p", { class: "empty-line" }, "还没有附件");
    const form = el("form", { class: "bar upload" },
      el("label", { class: "inline" }, "文件", el("input", { type: "file", name: "file", required: true })),
      el("label", { class: "inline" }, "种类", el("select", { name: "kind" }, ...(kinds ?? KINDS).map(([code, zh]) => el("option", { value: code }, zh)))),
      el("label", { class: "inline" }, "证据号", el("input", { name: "evidence_no", inputmode: "numeric", size: 3 })),
      el("button", { type: "submit" }, "上传"));
    const refusal = el("div", { class: "refusal", role: "alert" });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const data = new FormData(form);
      if (!data.get("evidence_no")) data.delete("evidence_no");
      try { await post(`${base}/attachments`, data); say("附件已上传"); await attachments(); } catch (error) { showRefusal(refusal, error); }
    });
    box.replaceChildren(list, el("details", {}, el("summary", {}, "上传附件"), form, refusal));
  } catch (error) { showRefusal(box, error); }
}
attachments();

// ── The record, read when it is wanted: reading it is on record, too.
const ACTIONS = { "case.opened": "登记案件", "case.read": "查阅案件", "case.moved": "推进案件", "case.changed": "办理事项", "case.assessed": "推算裁量", "case.conflict": "提交了过时的内容（已保留）", "sources.found": "检索依据", "review.read": "查阅审核", "draft.queued": "开始起草", "draft.read": "查阅草稿", "draft.passage_saved": "系统写成一段", "draft.passage_taken": "对一段负责", "draft.cancelled": "取消起草", "draft.finished": "草稿写完", "draft.filed": "文书入卷", "archive.read": "下载归档包", "attachment.added": "上传附件" };
$("record").addEventListener("toggle", async () => {
  const box = $("record-body");
  if (!$("record").open || box.childElementCount) return;
  try {
    const { events } = await get(`${base}/record`);
    box.replaceChildren(el("ol", { class: "record" }, ...events.map((e) => el("li", {}, el("time", {}, String(e.at ?? "").slice(0, 16).replace("T", " ")), " ", el("b", {}, e.actor_name), " ", ACTIONS[e.action] ?? e.action, el("small", {}, `第 ${e.seq} 号`)))));
  } catch (error) { showRefusal(box, error); }
});

openDrafts(state, base, again);
