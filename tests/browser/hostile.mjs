// Words that come from elsewhere: a past decision that was imported and every answer of a model server (hostile_model.mjs) try to
// become markup or figures. Comes after the workbench, whose people it uses.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { Bureau } from "./bureau.mjs";
import { eyes } from "./eyes.mjs";

const { ADDRESS, CHROMIUM, OUT, HOSTILE_MODEL } = process.env;
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const bureau = new Bureau(ADDRESS);
await bureau.open("li");
const trouble = [];
const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, locale: "zh-CN" });
const li = await context.newPage();
li.on("console", (m) => { if (m.type() === "error") trouble.push(`${li.url()} ${m.text()}`); });
li.on("pageerror", (e) => trouble.push(`${li.url()} ${e}`));
li.on("dialog", (d) => { if (d.type() !== "beforeunload") trouble.push("dialog " + d.message()); d.accept(); });
li.on("request", (r) => { if (!r.url().startsWith(ADDRESS) && !r.url().startsWith("data:")) trouble.push("outside request " + r.url()); });
await bureau.signIn(li, "li");
const look = eyes(OUT, "h", trouble);
async function plain(what) {
  assert.equal(await li.locator('img[src="x"], main script, [onerror]').count(), 0, `${what}: words stay words`);
}

// ── The imported decision: found, read, compared with.
await li.goto(`${ADDRESS}/search?in=cases&q=${encodeURIComponent("稀奇古怪的栈桥书院 擅自举办")}`);
const hit = li.locator(".hit", { hasText: "稀奇古怪" }).first();
await hit.waitFor();
assert.ok((await hit.textContent()).includes("<img"), "the words are there to be seen");
await plain("search");
await hit.locator("h3 a").click();
await li.waitForSelector("#h-result");
assert.ok((await li.textContent("h1")).includes("<img"));
await plain("decision");
await look(li, "decision-hostile");

// ── Every answer of the model is hostile: nothing of it is seen, the draft is whole all the same.
async function asked() {
  return Number(await (await fetch(`${HOSTILE_MODEL}/count`)).text());
}
const before = await asked();
await li.goto(`${ADDRESS}/try`);
await li.waitForSelector("#sample option:nth-child(2)", { state: "attached" });
const [sample] = await li.locator("#sample option").evaluateAll((all) => all.map((o) => o.value).filter((v) => v.includes("mb64")));
await li.selectOption("#sample", sample);
await li.waitForSelector("#assessment .result");
await plain("similar cases of an assessment");
await li.click("#do-draft");
await li.waitForSelector("#download", { timeout: 120000 });
assert.ok((await asked()) > before, "the model was asked");
async function unhurt(where) {
  const words = await li.textContent(where);
  assert.ok(words.includes("决定书"), "the draft is there");
  for (const bad of ["onerror", "999999", "alert", "[[", "{{"]) assert.ok(!words.includes(bad), `${bad} in ${where}`);
  await plain(where);
}
await unhurt("#document");

// ── The same for a draft in a case, passage by passage, and for a passage that is written anew.
const file = await bureau.call("li", "GET", `/api/v1/teaching-cases/${sample}`);
const made = await bureau.call("li", "POST", "/api/v1/cases", { clue: { received_on: "2026-03-02", source: "群众举报", summary: "举报无证办学" }, case: file });
await li.goto(`${ADDRESS}/cases/${encodeURIComponent(made.case_no)}#papers`);
const then = await asked();
await li.click("#new-draft button[type=submit]");
await li.waitForSelector("#file-draft", { timeout: 120000 });
assert.ok((await asked()) > then, "the model was asked for the case");
await unhurt("#draft-body");
const anew = li.locator("#draft-body .passage").getByRole("button", { name: "重新起草" }).first();
const told = li.waitForResponse((r) => r.url().endsWith("/rewrite"));
await anew.click();
await told;
await unhurt("#draft-body");
await look(li, "draft-hostile");

await browser.close();
if (trouble.length) console.error(trouble.join("\n"));
assert.equal(trouble.length, 0, "no dialogs, no console errors, no outside requests");
console.log("hostile words stayed words");
