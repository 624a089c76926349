// Calls to the service. Errors are problem+json; their Chinese title and detail are what people see.
export class Problem extends Error {
  constructor(body, status) {
    super([body.title, body.detail].filter(Boolean).join("："));
    this.body = body;
    this.status = status;
  }
}

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem({ title: "连接不上服务", detail: "请确认 zhicai 正在运行，然后重试；已录入的内容仍在本页" }, 0);
  }
  const text = await response.text();
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch { /* not JSON: reported below */ }
  if (!response.ok) throw new Problem(data ?? { title: `请求失败（${response.status}）` }, response.status);
  return data;
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const remove = (path) => call("DELETE", path);
