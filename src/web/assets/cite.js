// Citations of a pasted text, marked in place; each mark leads to its line below, each line to the reader.
import { post } from "./api.js";
import { el } from "./dom.js";
import { showRefusal } from "./refusal.js";

const $ = (id) => document.getElementById(id);
const MOST = 100_000;
const WORDS = { ok: "没有问题", doubt: "须人工核对", fail: "有误" };
const KEPT = "cite-text";

// What is not installed or not known is a doubt, not a fault.
function grade(found) {
  if (["unknown_law", "unknown"].includes(found.state)) return "doubt";
  return found.state === "ok" && found.quoted !== "differs" ? "ok" : "fail";
}

function reader(law, article, day, part = "") {
  return `/articles/${encodeURIComponent(law)}/${encodeURIComponent(article)}${day ? `?as_of=${day}` : ""}${part}`;
}

/** Where a citation leads: its own article, or the law in the search. */
function link(found, day) {
  if (!found.law) return null;
  if (!found.article || found.state === "not_found") return null;
  const part = found.paragraph ? `#p${found.paragraph}${found.items?.length ? `-${found.items[0]}` : ""}` : "";
  return reader(found.law, found.suffix ? `${found.article}-${found.suffix}` : found.article, day, part);
}

/** 《法》第X条 → the reader; a law alone → the search. */
function nearest(text, day) {
  const [, law, label] = /^《(.+?)》(.*)$/.exec(text) ?? [];
  if (!law) return null;
  return el("a", { href: label ? reader(law, label, day) : `/search?q=${encodeURIComponent(law)}` }, text);
}

function draw(text, findings, day) {
  const signs = Array.from(text), marked = [], lines = [];
  let at = 0;
  findings.forEach((found, i) => {
    const kind = grade(found), n = i + 1;
    if (found.start >= at) {
      marked.push(signs.slice(at, found.start).join(""), el("a", { class: `c ${kind}`, href: `#cite-${n}`, id: `mark-${n}`, title: `${WORDS[kind]}：${found.message}` },
        signs.slice(found.start, found.end).join(""), el("sup", {}, kind === "ok" ? String(n) : `${n}${kind === "doubt" ? "？" : "！"}`), el("span", { class: "sr" }, `（${WORDS[kind]}）`)));
      at = found.end;
    }
    const to = link(found, day), near = found.nearest ? nearest(found.nearest, day) : null;
    lines.push(el("li", { id: `cite-${n}`, class: kind, tabindex: -1 }, el("span", { class: `tag ${{ ok: "ok", doubt: "warn", fail: "bad" }[kind]}` }, WORDS[kind]), ` ${n}. `, el("b", {}, found.text),
      el("small", {}, found.message, found.quoted === "faithful" ? "；引文与条文一致" : null),
      el("small", {}, to ? el("a", { href: to }, "看条文") : null, to ? "　" : null, near ? ["改为 ", near, "　"] : null, el("a", { href: `#mark-${n}` }, "回到文中"))));
  });
  marked.push(signs.slice(at).join(""));
  $("cite-marked").replaceChildren(...marked);
  $("cite-list").replaceChildren(...(lines.length ? lines : [el("li", {}, "没有找到引用。引用写成“《法律名称》第几条”。")]));
}

function onlyOdd() {
  for (const line of $("cite-list").children) line.hidden = $("cite-odd").checked && line.classList.contains("ok");
}
$("cite-odd").addEventListener("change", onlyOdd);

$("cite").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("cite-text").value, day = $("cite-day").value, button = event.target.querySelector("button");
  $("cite-refusal").replaceChildren();
  $("cite-note").textContent = "正在核对……";
  button.disabled = true;
  try {
    if (!text.trim()) throw new Error("请先粘贴文字");
    if (new Blob([text]).size > MOST) throw new Error("文字超过 100 KB，请分几次核对");
    const { citations } = await post("/api/v1/cite-check", { text, as_of: day || undefined });
    try { sessionStorage.setItem(KEPT, JSON.stringify([text, day])); } catch { /* no storage */ }
    draw(text, citations, day);
    onlyOdd();
    const count = (kind) => citations.filter((c) => grade(c) === kind).length;
    $("cite-note").textContent = `共 ${citations.length} 处：没有问题 ${count("ok")}，须人工核对 ${count("doubt")}，有误 ${count("fail")}`;
    $("cite-out").hidden = false;
    $("h-marked").focus();
  } catch (error) {
    $("cite-note").textContent = "";
    showRefusal($("cite-refusal"), error);
  } finally { button.disabled = false; }
});

// Back from the reader, the text is still there.
try {
  const [text, day] = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  if (text && !$("cite-text").value) { $("cite-text").value = text; $("cite-day").value = day; }
} catch { /* nothing kept */ }
