// Registering a clue with what is known. What is typed is kept in this browser until it is registered.
import { post } from "./api.js";
import { openFacts } from "./facts.js";
import { showRefusal } from "./refusal.js";
import { sayNext } from "./shell.js";

const $ = (id) => document.getElementById(id);
const KEPT = "register", CLUE = ["received", "source", "summary", "procedure"];

let kept = null;
try { kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null"); } catch { /* nothing kept */ }
const facts = await openFacts(kept?.case ?? {}, keep);
for (const id of CLUE) if (kept?.clue?.[id]) $(id).value = kept.clue[id];
$("teaching").checked = Boolean(kept?.teaching);
$("clue").addEventListener("input", keep);

let key = crypto.randomUUID();
function keep() {
  key = crypto.randomUUID();
  try {
    const clue = Object.fromEntries(CLUE.map((id) => [id, $(id).value]));
    sessionStorage.setItem(KEPT, JSON.stringify({ clue, teaching: $("teaching").checked, case: facts.form.value() }));
    $("kept-note").textContent = "已在本机暂存";
  } catch { /* a sum that cannot be read yet */ }
}

function guarded(button, work) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    $("refusal").replaceChildren();
    try { await work(); } catch (error) { showRefusal($("refusal"), error); } finally { button.disabled = false; }
  });
}

guarded($("do-extract"), () => facts.extract());
guarded($("do-register"), async () => {
  const data = facts.form.value(), source = $("source").value.trim();
  data.case = { ...data.case, source: data.case?.source ?? (source || null) };
  const done = await post("/api/v1/cases", {
    procedure: $("procedure").value, teaching: $("teaching").checked, case: data,
    clue: { received_on: $("received").value || null, source, summary: $("summary").value.trim() },
  }, { "idempotency-key": key });
  try { sessionStorage.removeItem(KEPT); } catch { /* no storage */ }
  sayNext(`已登记，案号 ${done.case_no}`);
  location.assign(`/cases/${encodeURIComponent(done.case_no)}`);
});
