// The words a value was read from, marked behind the narrative.
import { el } from "./dom.js";

/** A function that marks the spans of values (in characters) under the text of a field; no values: nothing is marked. */
export function marksOf(narrative, layer) {
  narrative.addEventListener("scroll", () => { layer.scrollTop = narrative.scrollTop; });
  return (values) => {
    const text = Array.from(narrative.value), parts = [];
    let at = 0;
    for (const v of [...values].sort((a, b) => a.span.start - b.span.start)) {
      if (v.span.start < at) continue;
      parts.push(text.slice(at, v.span.start).join(""), el("mark", {}, text.slice(v.span.start, v.span.end).join("")));
      at = v.span.end;
    }
    parts.push(text.slice(at).join("") + "\n");
    layer.replaceChildren(...(values.length ? parts : []));
    layer.scrollTop = narrative.scrollTop;
  };
}
