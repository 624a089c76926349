// Drafts of a case: begun, watched as they are written, taken on passage by passage, put into the file.
import { get, post, put, remove, Problem } from "./api.js";
import { el } from "./dom.js";
import { showRefusal } from "./refusal.js";
import { say, sayNext } from "./shell.js";

const $ = (id) => document.getElementById(id);
const TAG = { done: "ok", filed: "ok", failed: "bad", cancelled: "" };

const statusTag = (d) => el("span", { class: "tag " + (TAG[d.status] ?? "warn") }, d.status_zh);

export function openDrafts(state, base, again) {
  let shown = null, source = null;

  async function list(pick) {
    const { drafts } = await get(`${base}/drafts`);
    $("draft-list").replaceChildren(...drafts.slice(0, 6).map((d) => el("button", { type: "button", class: "draft-line", "data-id": d.id, "aria-pressed": String(d.id === shown), onclick: () => open(d.id) },
      el("b", {}, d.zh), statusTag(d), d.stale ? el("span", { class: "tag bad", title: d.stale_because.join("；") }, "案卷已变动") : null, el("small", {}, `${d.created_at.slice(0, 16).replace("T", " ")} ${d.created_by}`))));
    if (!drafts.length) $("draft-list").replaceChildren(el("p", { class: "empty-line" }, "还没有草稿"));
    const first = pick ?? drafts.find((d) => ["queued", "running", "done", "filing"].includes(d.status))?.id;
    if (first && !shown) await open(first);
  }

  async function open(id) {
    shown = id;
    source?.close();
    for (const b of $("draft-list").children) b.setAttribute("aria-pressed", "false");
    const draft = await get(`/api/v1/drafts/${id}`);
    // It may have ended between the list and this look.
    [...$("draft-list").children].find((b) => b.dataset.id === id)?.querySelector(".tag")?.replaceWith(statusTag(draft));
    if (draft.status === "queued" || draft.status === "running") return watch(id);
    $("draft-progress").replaceChildren();
    if (draft.error) showRefusal($("draft-refusal"), new Problem(draft.error, 0)); else $("draft-refusal").replaceChildren();
    draw(draft);
  }

  /** The draft grows on the page as it is written. */
  function watch(id) {
    const label = el("span", { class: "hint" }, "排队中……"), bar = el("progress", { max: 1, value: 0, "aria-label": "起草进度" }), stream = el("div", { class: "stream" });
    $("draft-progress").replaceChildren(el("div", { class: "bar" }, label, el("button", { type: "button", class: "ghost", onclick: () => remove(`/api/v1/drafts/${id}`).catch((e) => say(e.message, true)) }, "取消")), bar);
    $("draft-body").replaceChildren(stream);
    source = new EventSource(`/api/v1/drafts/${id}/events`);
    let field = null;
    source.addEventListener("passage", (event) => {
      const data = JSON.parse(event.data);
      if (data.field !== field) { field = data.field; stream.append(el("h4", {}, data.zh), el("p", {})); }
      stream.lastElementChild.textContent = data.text;
      label.textContent = `正在起草“${data.zh}”：第 ${data.sentence} 句，共 ${data.of} 句`;
      bar.value = data.progress;
    });
    const over = async () => { source.close(); shown = null; await list(id).catch(fail); };
    source.addEventListener("done", over);
    source.addEventListener("failed", over);
  }

  const fail = (error) => showRefusal($("draft-refusal"), error);

  function draw(draft) {
    const result = draft.draft;
    if (!result) { $("draft-body").replaceChildren(); return; }
    const counts = el("p", { class: "hint", id: "draft-counts" });
    const tell = (open) => { counts.textContent = open.length ? `还有 ${open.length} 段没有人负责；每一段都采纳或者改写之后才能入卷。` : "每一段都已有人负责。"; };
    tell(draft.open);
    const file = draft.may_edit ? el("button", { type: "button", class: "primary", id: "file-draft", onclick: async (event) => {
      event.target.disabled = true;
      try { const now = await get(`/api/v1/drafts/${draft.id}`); await post(`/api/v1/drafts/${draft.id}/file`, { version: now.version }); sayNext("文书已入卷"); again("papers"); } catch (error) { fail(error); event.target.disabled = false; }
    } }, "入卷") : null;
    const tools = el("div", { class: "bar" }, file, el("a", { class: "button", href: `/api/v1/drafts/${draft.id}/document.docx` }, "下载 .docx"), el("a", { class: "button", href: `/api/v1/drafts/${draft.id}/document.html`, target: "_blank", rel: "noopener" }, "打印版"), counts);
    const sheet = el("div", { class: "sheet" });
    let at = null, box = null;
    for (const block of result.blocks) {
      const passage = block.field ? result.passages.find((p) => p.field === block.field) : null;
      if (passage?.editable) {
        if (at !== block.field) { at = block.field; box = passageBox(draft, passage, tell); sheet.append(box); }
        continue;
      }
      at = null;
      const tag = { title: "h4", agency: "h3", heading: "h5" }[block.style] ?? "p";
      const hint = passage?.sources?.length ? "由程序按案卷填入；出处：" + passage.sources.join("、") : null;
      sheet.append(el(tag, { class: `b-${block.style ?? "p"}`, title: hint }, block.text));
    }
    const missing = result.missing?.length ? el("details", { class: "notes" }, el("summary", {}, `签发前待补（${result.missing.length}）`), ...result.missing.map((m) => el("div", { class: "note" }, m))) : "";
    $("draft-body").replaceChildren(tools, missing, el("div", { class: "legend" }, el("span", {}, el("i", { class: "l" }), "模型起草"), el("span", {}, el("i", { class: "f" }), "固定文字，待人改写"), el("span", {}, el("i", { class: "h" }), "由人负责"), el("span", {}, "其余由程序按案卷填入")), sheet);
  }

  function passageBox(draft, passage, tell) {
    const box = el("article", { class: "passage", "data-field": passage.field });
    let undo = [];
    const key = `passage:${draft.id}:${passage.field}`;
    const paint = () => {
      const mark = passage.treatment === "open" ? (passage.model ? "model" : "fallback") : "human";
      box.className = `passage ${mark}`;
      const tag = passage.treatment === "open" ? "待确认" : `${passage.treatment_zh ?? passage.treatment}${passage.taken_by ? "，" + passage.taken_by : ""}`;
      const words = el("p", { class: "words" }, passage.text);
      const refusal = el("div", { class: "refusal", role: "alert" });
      const act = async (action, text, more = {}) => {
        try {
          const done = await put(`/api/v1/drafts/${draft.id}/passages/${encodeURIComponent(passage.field)}`, { version: passage.version, action, text, ...more });
          if (passage.text !== done.text) undo.push(passage.text);
          Object.assign(passage, done, { treatment_zh: { accepted: "采纳", edited: "修改", replaced: "重写" }[done.treatment] });
          try { sessionStorage.removeItem(key); } catch { /* no storage */ }
          tell(done.open);
          paint();
        } catch (error) {
          showRefusal(refusal, error);
          if (error.body?.code === "store.stale_version") {
            const now = Number((error.body.missing ?? []).find((m) => m.startsWith("version="))?.slice(8));
            refusal.append(el("button", { type: "button", class: "ghost", onclick: async () => {
              const fresh = await get(`/api/v1/drafts/${draft.id}`);
              const theirs = fresh.draft.passages.find((p) => p.field === passage.field);
              refusal.replaceChildren(el("p", { class: "hint" }, `现在的文字（第 ${now} 版）：`), el("blockquote", {}, theirs.text), el("button", { type: "button", onclick: () => { Object.assign(passage, theirs); paint(); } }, "用现在的"), el("button", { type: "button", onclick: () => { passage.version = theirs.version; act(action, text, more); } }, "用我的覆盖"));
            } }, "对照现在的文字"));
          }
        }
      };
      const rewrite = async (event) => {
        const button = event.target;
        button.disabled = true;
        button.textContent = "正在重新起草……";
        try {
          const done = await post(`/api/v1/drafts/${draft.id}/passages/${encodeURIComponent(passage.field)}/rewrite`, { version: passage.version });
          const same = done.text === passage.text;
          undo.push(passage.text);
          Object.assign(passage, done, { treatment_zh: null, taken_by: null, diff: null, vouch: null });
          tell(done.open);
          paint();
          if (same) say("模型写出的文字与原来相同");
        } catch (error) { showRefusal(refusal, error); button.disabled = false; button.textContent = "重新起草"; }
      };
      const edit = () => {
        let start = passage.text;
        try { start = sessionStorage.getItem(key) ?? start; } catch { /* no storage */ }
        const area = el("textarea", { rows: 6, "aria-label": `修改${passage.zh ?? passage.field}` });
        area.value = start;
        area.addEventListener("input", () => { try { sessionStorage.setItem(key, area.value); } catch { /* full */ } saved.textContent = "已在本机暂存"; });
        const saved = el("span", { class: "hint", role: "status" });
        const vouch = el("input", { placeholder: "案卷没有依据的值为何保留（需要时填写）", "aria-label": "保留理由" });
        words.replaceWith(el("div", { class: "editing" }, area, vouch, el("div", { class: "bar" }, el("button", { type: "button", class: "primary", onclick: () => act("edit", area.value, vouch.value.trim() ? { vouch: vouch.value.trim() } : {}) }, "保存修改"), el("button", { type: "button", onclick: () => act("replace", area.value, vouch.value.trim() ? { vouch: vouch.value.trim() } : {}) }, "作为重写保存"), el("button", { type: "button", class: "ghost", onclick: () => { try { sessionStorage.removeItem(key); } catch { /* no storage */ } paint(); } }, "放弃"), saved)));
        area.focus();
      };
      const diff = passage.diff?.some((r) => r.op !== "same") && passage.machine_text ? el("details", {}, el("summary", {}, "与机器文字对照"), el("p", { class: "words" }, ...passage.diff.map((r) => (r.op === "ins" ? el("ins", {}, r.text) : r.op === "del" ? el("del", {}, r.text) : r.text)))) : null;
      const sources = passage.sources?.length ? el("details", { class: "sources" }, el("summary", {}, `出处（${passage.sources.length}）`), el("ul", {}, ...passage.sources.map((s) => el("li", {}, s)))) : null;
      const tools = draft.may_edit ? el("div", { class: "bar" },
        el("button", { type: "button", class: passage.treatment === "open" ? "primary" : "ghost", onclick: () => act("accept") }, "采纳"),
        el("button", { type: "button", class: "ghost", onclick: edit }, "修改"),
        draft.model && draft.model !== "none" ? el("button", { type: "button", class: "ghost", title: "请模型换一种写法；原来的文字留在版本中", onclick: rewrite }, "重新起草") : null,
        passage.machine_text && passage.text !== passage.machine_text ? el("button", { type: "button", class: "ghost", onclick: () => act("edit", passage.machine_text) }, "恢复机器文字") : null,
        undo.length ? el("button", { type: "button", class: "ghost", onclick: () => { const before = undo.pop(); act("edit", before).then(() => undo.pop()); } }, "撤销") : null) : null;
      box.replaceChildren(...[el("header", {}, el("h5", {}, passage.zh ?? passage.field), el("span", { class: "tag" }, passage.model ? `模型 ${passage.model}` : "固定文字"), el("span", { class: `tag ${passage.treatment === "open" ? "warn" : "ok"}` }, tag)),
        words, passage.unsupported?.length ? el("div", { class: "note error" }, `案卷没有依据的值：${passage.unsupported.join("、")}`, passage.vouch ? `（已说明：${passage.vouch}）` : "") : null,
        sources, diff, tools, refusal].filter(Boolean));
    };
    paint();
    return box;
  }

  $("new-draft")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    $("draft-refusal").replaceChildren();
    try {
      const job = await post(`${base}/drafts`, { kind: $("draft-kind").value, fresh: $("draft-fresh").checked }, { "idempotency-key": crypto.randomUUID() });
      shown = null;
      await list(job.id);
    } catch (error) { fail(error); }
  });
  list().catch(fail);
}
