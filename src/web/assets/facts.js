// The facts of a case: narrative with marked spans beside the values read from it, and the form. Used to register and to go on.
import { get, post } from "./api.js";
import { el } from "./dom.js";
import { CaseForm } from "./form.js";
import { marksOf } from "./marks.js";

const $ = (id) => document.getElementById(id);

/** Sets the form up with a case; `onChange` is told of every edit. */
export async function openFacts(data, onChange) {
  const catalog = await get("/api/v1/catalog");
  const narrative = $("narrative"), form = new CaseForm($("form"), narrative, catalog);
  form.show(data);
  const marks = marksOf(narrative, $("marks"));
  // `evid[2].title` is the third piece of evidence.
  const nameOf = (path) => {
    const [, head, n] = /^(\w+)\[(\d+)\]/.exec(path) ?? [];
    return catalog.paths[path] ?? (head ? `${catalog.paths[head] ?? head}${Number(n) + 1}` : path);
  };
  narrative.addEventListener("input", () => { marks([]); $("found").replaceChildren(); });
  for (const field of [narrative, $("form")]) field.addEventListener("input", onChange);
  $("form").addEventListener("submit", (event) => event.preventDefault());
  dictation(narrative, onChange);
  return {
    form, catalog,
    async extract() {
      if (!narrative.value.trim()) { narrative.focus(); throw new Error("请先粘贴或输入案情叙述"); }
      const result = await post("/api/v1/extract", { text: narrative.value });
      form.show(result.case, true);
      const seen = result.values.filter((v) => v.span);
      marks(seen);
      const text = Array.from(narrative.value);
      // Each value with its words: a click shows where it was read.
      $("found").replaceChildren(...seen.map((v) => el("li", {}, el("button", { type: "button", class: "ghost", onclick: () => {
        narrative.focus();
        narrative.setSelectionRange(text.slice(0, v.span.start).join("").length, text.slice(0, v.span.end).join("").length);
      } }, `${nameOf(v.path)}：${text.slice(v.span.start, v.span.end).join("")}`))));
      $("extract-note").textContent = `识别出 ${result.values.length} 项，已填入空白处；请逐项核对后保存。`;
      onChange();
    },
  };
}

/** Dictation where the browser itself can do it without sending sound anywhere; otherwise the button stays away. */
function dictation(narrative, onChange) {
  const Recognition = window.SpeechRecognition;
  const button = $("do-dictate");
  if (!button || !Recognition || !("processLocally" in Recognition.prototype)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const listen = new Recognition();
    listen.lang = "zh-CN";
    listen.processLocally = true;
    listen.onresult = (event) => { narrative.value += event.results[event.results.length - 1][0].transcript; onChange(); };
    listen.start();
  });
}
