// What every page for somebody who is signed in has: the proof for commands, signing out, what was just done.
import { keepCsrf, remove } from "./api.js";
import { el } from "./dom.js";

const token = document.querySelector('meta[name="csrf"]')?.content;
if (token) keepCsrf(token);

export function say(text, bad = false) {
  document.getElementById("toast")?.replaceChildren(el("p", { class: bad ? "note error" : "note good" }, text));
}

/** Told on the page that comes next. */
export function sayNext(text) {
  try { sessionStorage.setItem("said", text); } catch { /* told nowhere then */ }
}

try {
  const said = sessionStorage.getItem("said");
  if (said) { sessionStorage.removeItem("said"); say(said); }
} catch { /* no storage */ }

document.getElementById("sign-out")?.addEventListener("click", async () => {
  try { await remove("/api/v1/sessions/current"); } catch { /* signed out already */ }
  try { sessionStorage.clear(); } catch { /* no storage */ }
  location.assign("/sign-in");
});
