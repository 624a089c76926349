// A picture of a page, and what a checker of accessibility says about it.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RUN = "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] }).then((r) => r.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + ' ' + (n.any[0]?.message ?? '')) })))";

/** Pictures go to `out` as `<letter>NN-name.png`; findings of one of the `impacts` (any, when none are named) go to `trouble`. */
export function eyes(out, letter, trouble, impacts) {
  mkdirSync(out, { recursive: true });
  let shots = 0;
  return async function look(page, name, full = true) {
    await page.screenshot({ path: `${out}/${letter}${String(++shots).padStart(2, "0")}-${name}.png`, fullPage: full });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${name}: no sideways scrolling (${overflow}px)`);
    // In a world of its own: the policy of the page allows no script but ours.
    const client = await page.context().newCDPSession(page);
    const { frameTree } = await client.send("Page.getFrameTree");
    const { executionContextId } = await client.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
    await client.send("Runtime.evaluate", { contextId: executionContextId, expression: axe });
    const { result } = await client.send("Runtime.evaluate", { contextId: executionContextId, awaitPromise: true, returnByValue: true, expression: RUN });
    await client.detach();
    const found = result.value ?? [{ id: "axe did not run", impact: "critical" }];
    for (const v of found) if (!impacts || impacts.includes(v.impact)) trouble.push(`${name}: ${JSON.stringify(v)}`);
  };
}
