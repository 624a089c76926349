// Taking a place: the code, a name, and on to the class.
import { post } from "./api.js";
import { showRefusal } from "./refusal.js";

const $ = (id) => document.getElementById(id);
($("code").value ? $("name") : $("code")).focus();
$("join").addEventListener("submit", async (event) => {
  event.preventDefault();
  event.submitter.disabled = true;
  $("refusal").replaceChildren();
  try {
    const done = await post("/api/v1/join", { code: $("code").value, name: $("name").value });
    location.assign(`/join/${encodeURIComponent(done.code)}`);
  } catch (error) { showRefusal($("refusal"), error); event.submitter.disabled = false; }
});
