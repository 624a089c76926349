// Calls to the service. Errors are problem+json; their Chinese title and detail are what people see.
export class Problem extends Error {
  constructor(body, status) {
    super([body.title, body.detail].filter(Boolean).join("："));
    this.body = body;
    this.status = status;
  }
}

// What proves to the service that a command comes from a page of ours, while somebody is signed in.
export function keepCsrf(token) {
  try { sessionStorage.setItem("csrf", token); } catch { /* asked for again when needed */ }
}

function csrf() {
  try { return sessionStorage.getItem("csrf"); } catch { return null; }
}

async function call(method, path, body, more = {}, again = false) {
  let response;
  // A file goes as it is.
  const form = body instanceof FormData || body instanceof Blob;
  const headers = { ...(body === undefined || form ? {} : { "content-type": "application/json" }), ...more };
  if (method !== "GET" && csrf()) headers["x-zhicai-csrf"] = csrf();
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : form ? body : JSON.stringify(body),
    });
  } catch {
    throw new Problem({ title: "连接不上服务", detail: "请确认 zhicai 正在运行，然后重试；已录入的内容仍在本页" }, 0);
  }
  const text = await response.text();
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch { /* not JSON: reported below */ }
  if (data?.code === "auth.csrf" && !again) {
    // Signed in in another tab, or anew.
    keepCsrf((await call("GET", "/api/v1/me")).csrf);
    return call(method, path, body, more, true);
  }
  if (response.status === 401 && document.querySelector('meta[name="csrf"]')) {
    throw new Problem({ title: "登录已过期", detail: "请在另一个标签页重新登录后回到这里再试；已填写的内容仍在本页", code: data?.code }, 401);
  }
  if (!response.ok) throw new Problem(data ?? { title: `请求失败（${response.status}）` }, response.status);
  return data;
}

export const get = (path) => call("GET", path);
export const post = (path, body, headers) => call("POST", path, body, headers);
export const put = (path, body, headers) => call("PUT", path, body, headers);
export const remove = (path) => call("DELETE", path);
