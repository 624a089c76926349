// The class view: who joined and answered as it happens; the trainer moves on, what is shown is drawn by the service.
import { get, post } from "./api.js";
import { el } from "./dom.js";
import { listen, redraw } from "./live.js";
import { showRefusal } from "./refusal.js";

const $ = (id) => document.getElementById(id);
const id = $("class").dataset.id, base = `/api/v1/workshops/${encodeURIComponent(id)}`;
const from = () => ({ question: Number($("class").dataset.question), stage: $("class").dataset.stage });
let notes = null;

function wire() {
  for (const place of document.querySelectorAll("[data-join]")) place.textContent = `${location.origin}/join`;
  const reach = $("reach");
  if (reach) reach.hidden = !["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  for (const button of document.querySelectorAll("[data-move]")) {
    button.addEventListener("click", async () => {
      if (button.dataset.move === "end" && !confirm("结束后不能再作答，确定结束这场研讨？")) return;
      button.disabled = true;
      try {
        await post(`${base}/moves`, { move: button.dataset.move, from: from() });
        await fresh();
        (document.querySelector("[data-move]") ?? $("main")).focus();
      } catch (error) { showRefusal($("refusal"), error); button.disabled = false; }
    });
  }
  $("note")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.submitter.disabled = true;
    try {
      await post(`${base}/notes`, { question: from().question, text: $("note-text").value });
      $("note-text").value = "";
      await fresh();
    } catch (error) { showRefusal($("refusal"), error); event.submitter.disabled = false; }
  });
}

/** Draws anew, one after the other; what is being typed stays. */
let drawing = Promise.resolve();
function fresh() {
  drawing = drawing.catch(() => {}).then(async () => {
    const typed = $("note-text")?.value ?? "", focused = document.activeElement?.id === "note-text";
    await redraw("class");
    wire();
    if (typed && $("note-text")) { $("note-text").value = typed; if (focused) $("note-text").focus(); }
  });
  return drawing;
}

function told(pulse) {
  const moved = pulse.stage !== from().stage || pulse.question !== from().question;
  if (moved || (notes !== null && notes !== pulse.notes)) fresh();
  notes = pulse.notes;
  if (moved) return;
  $("joined").textContent = pulse.joined;
  $("answered").textContent = pulse.answered;
  $("people").replaceChildren(...pulse.people.map((p) => el("li", { class: p.answered ? "done" : null }, p.name)));
}

wire();
listen(`${base}/events`, "class", async () => (await get(base)).pulse, told, (text) => { if ($("live")) $("live").textContent = text; });
