// Signing in with a name and a password, or on to the bureau's own service.
import { get, post, keepCsrf } from "./api.js";
import { el } from "./dom.js";

const $ = (id) => document.getElementById(id);

const PROBLEMS = {
  "auth.oidc_unknown": "统一登录的账号没有登记为本系统的人员，请找管理员登记",
  "auth.oidc_state": "登录请求已过期，请重新开始",
  "auth.oidc_failed": "统一登录没有完成，请重试或改用密码登录",
  "auth.oidc_off": "没有启用统一登录，请用登录名和密码登录",
  "auth.busy": "登录的人过多，请稍后再试",
};

function say(text) {
  $("message").replaceChildren(el("p", { class: "note error" }, text));
}

const problem = new URLSearchParams(location.search).get("problem");
if (problem) say(PROBLEMS[problem] ?? "登录没有完成，请重试");

get("/readyz").then((status) => { $("elsewhere").hidden = !status.oidc; }).catch(() => {});

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("do-sign-in").disabled = true;
  try {
    const answer = await post("/api/v1/sessions", { login: $("login").value, password: $("password").value });
    keepCsrf(answer.csrf);
    // Only to a page of ours, whatever the address says.
    const next = new URL(new URLSearchParams(location.search).get("next") ?? "/", location.origin);
    location.assign(next.origin === location.origin ? next.pathname : "/");
  } catch (e) {
    say(e.message);
    $("password").value = "";
    $("password").focus();
  } finally {
    $("do-sign-in").disabled = false;
  }
});
