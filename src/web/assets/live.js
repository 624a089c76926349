// What a class page hears: server-sent events, or, where they do not get through, asking every two seconds.
const EVERY = 2000;

/** Calls `told` with every state; `name` is that of the event, `ask` gets the same by a request. */
export function listen(url, name, ask, told, tell = () => {}) {
  let source = null, timer = 0, over = false;
  const poll = async () => {
    if (over) return;
    try { told(await ask()); tell("每两秒更新"); } catch { tell("连接中断，正在重试"); }
    timer = setTimeout(poll, EVERY);
  };
  const open = () => {
    source = new EventSource(url);
    source.addEventListener(name, (event) => {
      clearTimeout(timer);
      timer = 0;
      tell("");
      told(JSON.parse(event.data));
    });
    source.addEventListener("error", () => { if (!timer && !over) timer = setTimeout(poll, EVERY); });
  };
  if ("EventSource" in window) open(); else poll();
  addEventListener("pagehide", () => { over = true; clearTimeout(timer); source?.close(); });
  // Back from the browser's memory of pages: what it shows is old.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

/** Puts in place of `#id` what the service draws there now. Its words stay words: the page has no script of its own. */
export async function redraw(id) {
  const response = await fetch(location.pathname, { headers: { accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(id);
  if (!response.ok || !fresh) return location.reload();
  document.getElementById(id).replaceWith(document.adoptNode(fresh));
}
