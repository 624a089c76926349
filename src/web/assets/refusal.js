// A refused move beside the form it came from: title, article, what is missing. Nothing that was typed is touched.
import { el } from "./dom.js";
import { Problem } from "./api.js";

export function showRefusal(box, error) {
  const body = error instanceof Problem ? error.body : {};
  const errors = (body.errors ?? []).map((e) => el("li", {}, `${e.path}：${e.message}`));
  const missing = (body.missing ?? []).filter((m) => !m.startsWith("version=")).map((m) => el("li", {}, m));
  const detail = missing.length && body.detail === (body.missing ?? []).join("；") ? null : body.detail;
  box.replaceChildren(el("div", { class: "note error", tabindex: -1 },
    el("b", {}, body.title ?? error.message), body.basis ? el("span", { class: "tag" }, body.basis) : null,
    body.title && detail ? el("p", {}, detail) : null,
    missing.length ? el("ul", {}, ...missing) : null, errors.length ? el("ul", {}, ...errors) : null,
    body.code === "store.stale_version" ? el("p", {}, el("a", { href: location.pathname + location.search, "data-fresh": true }, "打开最新内容"), "（您填写的仍保留在本页和案卷里）") : null));
  box.firstElementChild.focus({ preventScroll: true });
  box.scrollIntoView({ block: "nearest" });
}
