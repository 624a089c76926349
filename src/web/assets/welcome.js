// A one-time link: its secret stands behind #, which no server sees, and is taken out of the address at once.
import { post } from "./api.js";
import { el } from "./dom.js";

const $ = (id) => document.getElementById(id);
const token = location.hash.slice(1);
history.replaceState(null, "", "/welcome");
let first = false;

function say(text, kind = "note error") {
  $("message").replaceChildren(el("p", { class: kind }, text));
}

post("/api/v1/invitations/show", { token }).then((whom) => {
  first = whom.login === null;
  $("first").hidden = !first;
  $("whom").textContent = first ? "为本系统建立第一位管理员。" : `${whom.name}（登录名 ${whom.login}），请设置密码。`;
  $("welcome").hidden = false;
}).catch((e) => { $("whom").textContent = ""; say(e.message); });

$("welcome").addEventListener("submit", async (event) => {
  event.preventDefault();
  if ($("password").value !== $("again").value) return say("两次输入的密码不同");
  $("do-welcome").disabled = true;
  const names = first ? { login: $("login").value, name: $("name").value } : {};
  try {
    await post("/api/v1/invitations/accept", { token, password: $("password").value, ...names });
    location.assign("/sign-in");
  } catch (e) {
    say(e.message);
    $("do-welcome").disabled = false;
  }
});
