// A participant's place: answers the question that is open, keeps what is not sent yet, follows the class.
import { get, keepCsrf, put } from "./api.js";
import { listen, redraw } from "./live.js";
import { showRefusal } from "./refusal.js";

const $ = (id) => document.getElementById(id);
keepCsrf(document.querySelector('meta[name="join-csrf"]').content);
const code = $("seat").dataset.code, base = `/api/v1/join/${encodeURIComponent(code)}`;
const at = () => ({ question: Number($("seat").dataset.question), stage: $("seat").dataset.stage });

/** 元 as typed → 分, exactly; wrong text is told before anything is sent. */
function fen(text) {
  const plain = text.replace(/[,，\s元]/g, "");
  if (!plain) return null;
  const found = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(plain);
  if (!found) throw new Error("罚款数额请写成数字，单位是元，最多两位小数");
  return Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
}

function answer(form) {
  const all = (name) => [...form.querySelectorAll(`[name="${name}"]:checked`)].map((box) => box.value);
  if (!$("reason")) return { choices: all("choices").map(Number) };
  return { articles: all("articles").map(Number), factors: all("factors"), tier: all("tier")[0] ?? null, kinds: all("kinds"), fine_fen: fen($("fine").value), reason: $("reason").value };
}

function wire() {
  const form = $("answer");
  if (!form) return;
  const kept = `${code}:${at().question}`;
  const fields = () => [...form.querySelectorAll("input, textarea")];
  try {
    const state = JSON.parse(sessionStorage.getItem(kept) ?? "null");
    if (state) { fields().forEach((f, i) => { if (f.type === "checkbox" || f.type === "radio") f.checked = Boolean(state[i]); else f.value = state[i] ?? ""; }); $("saved").textContent = "还没有提交"; }
  } catch { /* nothing kept */ }
  form.addEventListener("input", () => {
    $("saved").textContent = "还没有提交";
    try { sessionStorage.setItem(kept, JSON.stringify(fields().map((f) => (f.type === "checkbox" || f.type === "radio" ? f.checked : f.value)))); } catch { /* full */ }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    $("refusal").replaceChildren();
    try {
      await put(`${base}/answers/${at().question}`, answer(form));
      try { sessionStorage.removeItem(kept); } catch { /* no storage */ }
      $("saved").textContent = "已提交；截止前可以修改";
      button.textContent = "修改答案";
    } catch (error) { showRefusal($("refusal"), error); } finally { button.disabled = false; }
  });
}

let drawing = Promise.resolve();
function told(now) {
  if (now.stage === at().stage && now.question === at().question) return;
  drawing = drawing.catch(() => {}).then(async () => {
    if (now.stage === at().stage && now.question === at().question) return;
    const last = at().question;
    await redraw("seat");
    wire();
    if (at().question !== last || at().stage === "answering") scrollTo(0, 0);
    $("toast").textContent = document.querySelector(".state-now").textContent;
  });
}

wire();
listen(`${base}/events`, "stage", async () => (await get(base)).at, told);
