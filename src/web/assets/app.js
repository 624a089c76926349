// The page: facts on the left, sources and range in the middle, the draft growing on the right.
import { get, post, remove, Problem } from "./api.js";
import { el } from "./dom.js";
import { CaseForm } from "./form.js";
import { notes, showAssessment } from "./assessment.js";
import { marksOf } from "./marks.js";

const $ = (id) => document.getElementById(id);
const narrative = $("narrative"), errors = $("input-errors");
const showMarks = marksOf(narrative, $("marks"));
let catalog, form, running = null, assessRound = 0;

async function start() {
  const [cat, status] = await Promise.all([get("/api/v1/catalog"), get("/readyz").catch((e) => e.body ?? {})]);
  catalog = cat;
  form = new CaseForm($("form"), narrative, catalog);
  $("agency").textContent = `${catalog.agency} · 行政执法裁量与文书辅助`;
  $("status").replaceChildren(
    el("span", { class: status.model?.id ? "pill ok" : "pill warn" }, status.model?.id ? `模型 ${status.model.id}` : "未启用模型（用固定文字起草）"),
    el("span", { class: status.statutes?.laws ? "pill ok" : "pill warn" }, status.statutes?.laws ? `法条 ${status.statutes.laws} 部 ${status.statutes.articles} 条` : "法条未安装"),
    el("span", { class: "pill" }, `案例 ${status.cases ?? 0} 件`));
  $("sample").append(...catalog.samples.map((s) => el("option", { value: s.id }, s.title)));
  $("sample").onchange = guarded(async (event) => {
    if (!event.target.value) return;
    form.show(await get(`/api/v1/teaching-cases/${encodeURIComponent(event.target.value)}`));
    showMarks([]);
    await assess();
  });
  $("do-extract").onclick = guarded(extract, $("do-extract"));
  $("do-assess").onclick = guarded(assess, $("do-assess"));
  $("do-draft").onclick = guarded(draft, $("do-draft"));
  narrative.addEventListener("input", () => showMarks([]));
}

function step(name) {
  for (const li of document.querySelectorAll(".steps li")) li.dataset.step === name ? li.setAttribute("aria-current", "step") : li.removeAttribute("aria-current");
}

function guarded(work, button) {
  return async (event) => {
    errors.replaceChildren();
    if (button) button.disabled = true;
    try { await work(event); } catch (error) { showError(error); } finally { if (button) button.disabled = false; }
  };
}

function showError(error) {
  const body = error instanceof Problem ? error.body : {};
  const items = (body.errors ?? []).map((e) => el("li", {}, `${catalog?.paths[e.path] ?? e.path}：${e.message}`));
  errors.replaceChildren(el("div", { class: "note error" }, error.message, body.basis ? el("span", { class: "tag" }, body.basis) : null, items.length ? el("ul", {}, ...items) : null, body.missing?.length ? el("div", {}, "尚缺：" + body.missing.map((m) => catalog.paths[m] ?? m).join("、")) : null));
  errors.scrollIntoView({ block: "nearest" });
}

async function extract() {
  if (!narrative.value.trim()) { narrative.focus(); throw new Error("请先粘贴或输入案情叙述"); }
  const result = await post("/api/v1/extract", { text: narrative.value });
  form.show(result.case, true);
  showMarks(result.values.filter((v) => v.span));
  $("extract-note").textContent = `识别出 ${result.values.length} 项，已填入空白处；请逐项核对。`;
  await assess();
}

async function assess() {
  const round = ++assessRound, data = form.value();
  const result = await post("/api/v1/assess", data);
  if (round !== assessRound) return;
  showAssessment($("assessment"), result, catalog, data.disc?.final?.fine_fen ?? null);
  step("sources");
}

async function draft() {
  await assess();
  if (running) { running.close(); remove(`/api/v1/drafts/${running.id}`).catch(() => {}); running = null; }
  const job = await post("/api/v1/drafts?kind=penalty_decision", form.value());
  step("draft");
  const stream = el("div", { class: "stream" }), bar = el("progress", { max: 1, value: 0 }), label = el("span", { class: "hint" }, "排队中…");
  $("draft-tools").replaceChildren(el("button", { type: "button", class: "ghost", onclick: () => { remove(`/api/v1/drafts/${job.id}`).catch(() => {}); label.textContent = "已取消"; } }, "取消"));
  $("progress").replaceChildren(label, bar);
  $("document").className = "";
  $("document").replaceChildren(stream);
  const source = new EventSource(`/api/v1/drafts/${job.id}/events`);
  running = { id: job.id, close: () => source.close() };
  let field = null;
  source.addEventListener("passage", (event) => {
    const data = JSON.parse(event.data);
    if (data.field !== field) { field = data.field; stream.append(el("h3", {}, data.zh), el("p", {})); }
    stream.lastElementChild.textContent = data.text;
    label.textContent = `正在起草“${data.zh}”：第 ${data.sentence} 句，共 ${data.of} 句`;
    bar.value = data.progress;
  });
  source.addEventListener("done", async () => {
    source.close();
    running = null;
    bar.value = 1;
    await guarded(() => finish(job.id))();
  });
  source.addEventListener("failed", (event) => {
    source.close();
    running = null;
    $("progress").replaceChildren();
    showError(new Problem(JSON.parse(event.data), 0));
  });
}

async function finish(id) {
  const job = await get(`/api/v1/drafts/${id}`), result = job.draft;
  const sheet = el("div", { class: "sheet" });
  for (const block of result.blocks) {
    const node = el({ title: "h2", agency: "h1", heading: "h3" }[block.style] ?? "p", {});
    if (block.align) node.style.textAlign = block.align, node.style.textIndent = "0";
    const passage = block.field ? result.passages.find((p) => p.field === block.field && p.writer === "L") : null;
    const hint = passage ? (passage.model ? "模型起草 " + passage.model : "固定文字，请人工改写") + (passage.sources.length ? "；出处：" + passage.sources.join("、") : "") : null;
    node.append(el("span", passage ? { "data-writer": passage.model ? "L" : "F", title: hint, tabindex: 0 } : {}, block.text));
    sheet.append(node);
  }
  const model = result.passages.filter((p) => p.writer === "L" && p.model).length, all = result.passages.filter((p) => p.writer === "L").length;
  $("progress").replaceChildren(el("p", { class: "hint" }, `完成：${all} 个起草段落中 ${model} 个由模型写成并通过核验，`, result.unsupported.length ? `有 ${result.unsupported.length} 处无出处的值，不得送签。` : "没有无出处的数字、日期、姓名或条文。", ` 用时 ${(result.seconds ?? 0).toFixed(1)} 秒。`));
  $("draft-tools").replaceChildren(el("a", { class: "button primary", href: `/api/v1/drafts/${id}/document.docx`, download: "", id: "download" }, "下载 .docx"));
  $("document").replaceChildren(el("div", { class: "legend" }, el("span", {}, el("i", { class: "l" }), "模型起草"), el("span", {}, el("i", { class: "f" }), "固定文字，待人改写"), el("span", {}, el("i", {}), "程序按事实填入")), notes("签发前待补", result.missing ?? []) ?? "", notes("提示", (result.warnings ?? []).map((w) => w.text)) ?? "", sheet);
  step("draft");
}

start().catch(showError);
