// The officer's walk: paste a narrative, read values, see sources and range, draft, download. Screenshots go to OUT.
import { chromium } from "playwright-core";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import assert from "node:assert/strict";

const { ADDRESS, CHROMIUM, OUT } = process.env;
mkdirSync(OUT, { recursive: true });
const narrative = readFileSync(new URL("narrative.txt", import.meta.url), "utf8").trim();
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const trouble = [];
async function open(width, scheme) {
  const context = await browser.newContext({ viewport: { width, height: 1000 }, colorScheme: scheme, locale: "zh-CN", acceptDownloads: true });
  const page = await context.newPage();
  page.on("console", (m) => { if (m.type() === "error") trouble.push(m.text()); });
  page.on("pageerror", (e) => trouble.push(String(e)));
  page.on("request", (r) => { if (!r.url().startsWith(ADDRESS) && !r.url().startsWith("data:")) trouble.push("outside request " + r.url()); });
  await page.goto(ADDRESS);
  await page.waitForSelector("#violation option:nth-child(2)", { state: "attached" });
  return page;
}

const page = await open(1440, "light");
await page.screenshot({ path: `${OUT}/1-start.png` });
await page.fill("#narrative", narrative);
await page.click("#do-extract");
await page.waitForSelector("#assessment .result");
assert.equal(await page.inputValue('[data-path="party.name"]'), "云岫市启明星文化传播有限公司");
assert.equal(await page.inputValue('[data-path="facts.gains.gross_receipts_fen"]'), "46580");
assert.equal(await page.inputValue("#violation"), "mb64");
assert.ok((await page.locator("#marks mark").count()) > 5, "spans are highlighted");
await page.screenshot({ path: `${OUT}/2-extracted.png`, fullPage: true });

await page.selectOption("#circumstance", "base");
await page.click("text=人工定值");
await page.selectOption("#tier", "general");
await page.fill('[data-path="disc.final.fine_fen"]', "90000");
await page.check('#kinds input[value="fine"]');
await page.fill('[data-path="disc.final.reason"]', "当事人没有从轻或者从重情节，按一般阶次处罚");
await page.click("#do-assess");
await page.waitForFunction(() => document.querySelector("#assessment")?.textContent.includes("人工定值"));
const assessment = await page.textContent("#assessment");
for (const words of ["第64条", "43,000 元", "215,000 元", "推算过程"]) assert.ok(assessment.includes(words), `${words} in the assessment`);
await page.click("#do-draft");
await page.waitForSelector("#download", { timeout: 120000 });
const sheet = await page.textContent("#document");
for (const words of ["行政处罚决定书", "46580元", "人民币玖万元整", "2025年9月10日"]) assert.ok(sheet.includes(words), `${words} in the draft`);
assert.ok(!sheet.includes("{{"), "no marker is left");
await page.screenshot({ path: `${OUT}/3-draft.png`, fullPage: true });
const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
await download.saveAs(`${OUT}/draft.docx`);
assert.ok(statSync(`${OUT}/draft.docx`).size > 4000);
assert.deepEqual(trouble, [], "no console errors, no outside requests");

// Wrong input is told, and nothing typed is lost. The refusal itself shows in the console as a failed request.
await page.fill('[data-path="disc.final.fine_fen"]', "很多");
await page.click("#do-assess");
await page.waitForSelector("#input-errors .note");
assert.ok((await page.textContent("#input-errors")).includes("不是金额"));
await page.fill('[data-path="disc.final.fine_fen"]', "90000");
await page.fill('[data-path="facts.act_to"]', "2025-01-01");
await page.click("#do-assess");
await page.waitForFunction(() => document.querySelector("#input-errors")?.textContent.includes("行为终了日期"));
assert.equal(await page.inputValue("#narrative"), narrative);
await page.screenshot({ path: `${OUT}/4-wrong.png` });

for (const [width, scheme] of [[1024, "light"], [390, "light"], [1440, "dark"]]) {
  const other = await open(width, scheme);
  await other.selectOption("#sample", { index: 1 });
  await other.waitForSelector("#assessment .result");
  await other.screenshot({ path: `${OUT}/5-${width}-${scheme}.png`, fullPage: width < 1000 ? false : true });
  const overflow = await other.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `no sideways scrolling at ${width}`);
}
await browser.close();
console.log(`browser walk passed, screenshots in ${OUT}`);
