// Looking things up: search, filters, the reader of an article, versions side by side, the check of citations; by keyboard, at three
// widths, light and dark. Comes after the workbench, whose people and cases it uses.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { Bureau } from "./bureau.mjs";
import { eyes } from "./eyes.mjs";

const { ADDRESS, CHROMIUM, OUT } = process.env;
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const bureau = new Bureau(ADDRESS);
const trouble = [];

async function desk(login, width = 1440, scheme = "light") {
  const context = await browser.newContext({ viewport: { width, height: 1000 }, colorScheme: scheme, locale: "zh-CN" });
  const page = await context.newPage();
  page.on("console", (m) => { if (m.type() === "error" && !/status of 404/.test(m.text())) trouble.push(`${page.url()} ${m.text()}`); });
  page.on("pageerror", (e) => trouble.push(`${page.url()} ${e}`));
  page.on("dialog", (d) => { trouble.push("dialog " + d.message()); d.accept(); });
  page.on("request", (r) => { if (!r.url().startsWith(ADDRESS) && !r.url().startsWith("data:")) trouble.push("outside request " + r.url()); });
  await bureau.signIn(page, login);
  return page;
}

const look = eyes(OUT, "s", trouble);

const at = (path) => `${ADDRESS}${path}`;
const LAW = "中华人民共和国民办教育促进法", TEXT = `当事人违反《${LAW}》第六十四条、第九百九十九条，依据民办教育促近法第六十二条和《某省没有的办法》第三条处罚。\n依照《中华人民共和国行政处罚法》第三十三条：“违法行为轻微并及时改正，没有造成危害后果的，不予行政处罚”，又据<b>第四十五条</b>陈述。`;

// ── By keyboard: the entry in the bar, a question, a filter, the article.
const li = await desk("li");
await li.click("nav >> text=检索");
await li.waitForURL("**/search");
await look(li, "search-start");
await li.focus("#q");
await li.keyboard.type("擅自举办民办学校");
await li.keyboard.press("Enter");
await li.waitForSelector(".hit");
assert.ok((await li.locator(".hit mark").count()) > 3, "words that were found are marked");
const all = await li.locator("#h-hits").textContent();
await look(li, "search-statutes");
const facet = li.locator(".facets section a").first();
await facet.focus();
await li.keyboard.press("Enter");
await li.waitForSelector(".chips a");
assert.notEqual(await li.locator("#h-hits").textContent(), all, "a filter narrows the list");
await look(li, "search-filtered");
await li.locator(".chips a").first().focus();
await li.keyboard.press("Enter");
await li.waitForFunction(() => !document.querySelector(".chips"));
await li.click(".tabs >> text=案例");
await li.waitForSelector(".hits .hit");
await look(li, "search-cases");
await li.locator(".facets section a").nth(1).click();
await li.waitForSelector(".chips a");
await look(li, "search-cases-filtered");
await li.click(".tabs >> text=规范");
await li.waitForSelector(".empty-line");
await look(li, "search-norms-empty");

// ── A citation leads to its article; the reader goes on and back.
await li.goto(at(`/search?q=${encodeURIComponent("民促法64条")}`));
assert.ok((await li.locator(".hit.named").count()) === 1, "the article that is cited comes first");
await look(li, "search-citation");
await li.click(".hit.named a");
await li.waitForSelector(".statute");
assert.ok((await li.textContent("h1")).includes("第六十四条"));
assert.ok((await li.textContent(".reading")).includes("据此处罚的违法行为"));
await look(li, "reader");
await li.click("text=前一条");
await li.waitForFunction(() => document.querySelector("h1").textContent.includes("第六十三条"));
await li.goBack();

// ── Versions side by side, where a law has several.
await li.goto(at(`/search?q=${encodeURIComponent("仲裁法第十四条")}`));
await li.click(".hit.named a");
await li.waitForSelector(".versions");
await li.locator(".versions a", { hasText: "对照" }).first().focus();
await li.keyboard.press("Enter");
await li.waitForSelector(".beside-each");
assert.equal(await li.locator(".beside-each article").count(), 2);
assert.ok((await li.locator(".beside-each ins, .beside-each del").count()) > 0, "what changed is marked");
const compared = li.url();
await look(li, "reader-compared");
await li.goto(at(`/articles/${encodeURIComponent(LAW)}/64?as_of=2010-01-01`));
await look(li, "reader-then");
await li.goto(at(`/articles/${encodeURIComponent(LAW)}/999`));
assert.ok((await li.textContent("main")).includes("没有这一条"));
await look(li, "reader-missing");

// ── The check of citations, by keyboard alone.
await li.goto(at("/cite-check"));
await li.focus("#cite-text");
await li.keyboard.insertText(TEXT);
await li.keyboard.press("Tab");
await li.fill("#cite-day", "2025-09-10");
await li.press("#cite-day", "Enter");
await li.waitForSelector("#cite-list li");
assert.equal(await li.evaluate(() => document.activeElement.id), "h-marked", "the result is where the keyboard is");
assert.ok((await li.locator("#cite-marked a.ok").count()) >= 1 && (await li.locator("#cite-marked a.fail").count()) >= 1 && (await li.locator("#cite-marked a.doubt").count()) >= 1, "good, doubtful and wrong are told apart");
assert.equal((await li.locator("#cite-marked").evaluate((n) => { const c = n.cloneNode(true); for (const x of c.querySelectorAll("sup, .sr")) x.remove(); return c.textContent; })), TEXT, "the text itself is unchanged");
assert.equal(await li.locator("#cite-marked b").count(), 0, "markup in the text stays words");
await look(li, "cite-check");
await li.check("#cite-odd");
assert.equal(await li.locator("#cite-list li.ok:visible").count(), 0);
await li.uncheck("#cite-odd");
await li.locator("#cite-marked a.fail").first().focus();
await li.keyboard.press("Enter");
assert.ok(li.url().includes("#cite-"), "a mark leads to its line");
await li.locator("#cite-list a", { hasText: "看条文" }).first().click();
await li.waitForSelector(".statute");
await li.goBack();
assert.equal(await li.inputValue("#cite-text"), TEXT, "the text is still there");
await li.fill("#cite-text", "法".repeat(40000));
await li.press("#cite-day", "Enter");
await li.waitForSelector("#cite-refusal .note");

// ── Hostile words never become markup.
const evil = `"><img src=x onerror="alert(1)"><script>alert(2)</script>{{913*7}}`;
for (const path of [`/search?q=${encodeURIComponent(evil)}&law=${encodeURIComponent(evil)}`, `/articles/${encodeURIComponent(evil)}/1`]) {
  await li.goto(at(path));
  assert.equal(await li.locator("img[src=x]").count(), 0, path);
  assert.ok(!(await li.content()).includes("6391"), path);
}

// ── Own cases: for those who may see them.
await bureau.open("li");
const { items } = await bureau.call("li", "GET", "/api/v1/cases");
await li.goto(at(`/search?in=cases&q=${encodeURIComponent("启明星")}`));
await look(li, "search-own");
assert.ok(items.length > 0 && (await li.locator(".own li").count()) > 0, "own cases are found");
const wu = await desk("wu");
await wu.goto(at(`/search?in=cases&q=${encodeURIComponent("启明星")}`));
assert.equal(await wu.locator(".own").count(), 0, "and for nobody else");
await wu.context().close();

// ── From the case to the article, as of its day.
await li.goto(at("/cases?mine=true"));
await li.click("table.list tbody tr:last-child a");
await li.waitForSelector(".flow");
await li.click(".flow >> text=依据");
await li.locator("#basis .clause summary").first().click();
await li.locator("#basis .clause[open] a", { hasText: "看全条" }).first().click();
await li.waitForSelector(".statute");
await look(li, "reader-from-case");

// ── Other sizes and the dark.
for (const [width, scheme] of [[1440, "dark"], [1024, "light"], [1024, "dark"], [390, "light"], [390, "dark"]]) {
  const page = await desk("li", width, scheme), tag = `${width}-${scheme}`;
  await page.goto(at(`/search?q=${encodeURIComponent("擅自举办民办学校")}&status=in_force`));
  await look(page, `search-${tag}`);
  await page.goto(at(`/search?in=cases&q=${encodeURIComponent("擅自举办民办学校")}`));
  await look(page, `cases-${tag}`);
  await page.goto(at(`/articles/${encodeURIComponent(LAW)}/64`));
  await look(page, `reader-${tag}`);
  await page.goto(at(`/articles/${encodeURIComponent(LAW)}/62`));
  await look(page, `reader-items-${tag}`);
  await page.goto(compared);
  await look(page, `compared-${tag}`);
  await page.goto(at("/cite-check"));
  await page.fill("#cite-text", TEXT);
  await page.press("#cite-day", "Enter");
  await page.waitForSelector("#cite-list li");
  await look(page, `cite-${tag}`);
  await page.context().close();
}
await browser.close();
if (trouble.length) console.error(trouble.join("\n"));
assert.equal(trouble.length, 0, "no console errors, no outside requests, nothing wrong for accessibility");
console.log(`search walk passed, screenshots in ${OUT}`);
