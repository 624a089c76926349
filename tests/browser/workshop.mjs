// A trainer's day: a set from teaching cases and one from a table, a class on the wall, two participants on their own devices, closing,
// revealing step by step, a note, the results. Hostile words stay words. Screenshots go to OUT.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { eyes } from "./eyes.mjs";
import { picture } from "./guide.mjs";

const { ADDRESS, CHROMIUM, OUT, TRAINER_LINK } = process.env;
const PASSWORD = "云岫湖边的第三棵树开花了", EVIL = `"><img src=x onerror=alert(1)>`;
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const trouble = [];
let expected = 0;
async function device(width, scheme = "light") {
  const context = await browser.newContext({ viewport: { width, height: width < 500 ? 844 : 900 }, colorScheme: scheme, locale: "zh-CN", acceptDownloads: true });
  const page = await context.newPage();
  page.on("console", (m) => {
    if (m.type() !== "error") return;
    if (expected > 0 && /status of 4\d\d/.test(m.text())) expected -= 1; else trouble.push(`${page.url()} ${m.text()}`);
  });
  page.on("pageerror", (e) => trouble.push(`${page.url()} ${e}`));
  page.on("dialog", (d) => { if (d.type() !== "confirm") trouble.push("dialog " + d.message()); d.accept(); });
  page.on("request", (r) => { if (!r.url().startsWith(ADDRESS) && !r.url().startsWith("data:")) trouble.push("outside request " + r.url()); });
  return page;
}

const look = eyes(OUT, "t", trouble, ["serious", "critical"]);

// ── The trainer signs in and builds a set by violation.
const shi = await device(1440);
await shi.goto(TRAINER_LINK);
await shi.waitForSelector("#welcome:not([hidden])");
await shi.fill("#password", PASSWORD);
await shi.fill("#again", PASSWORD);
await shi.click("#do-welcome");
await shi.waitForURL(/sign-in/);
await shi.fill("#login", "shi");
await shi.fill("#password", PASSWORD);
await shi.click("#do-sign-in");
await shi.waitForSelector("nav >> text=研讨");
await shi.click("nav >> text=研讨");
await shi.waitForURL(/workshops/);
await look(shi, "workshops-empty");
await shi.selectOption("#violation", "mb64");
await shi.click("text=列出案例");
await shi.waitForSelector("#new-set");
await shi.check("#c-tc-mb64-01");
await shi.locator("#new-set tbody input").nth(2).check();
await shi.fill("#title", "擅自举办民办学校 " + EVIL);
await look(shi, "workshops-build");
await picture(shi, "workshops", trouble);
await shi.click("text=建立题目");
await shi.waitForSelector("#toast .good");
await shi.fill("#import-title", "基础题");
await shi.setInputFiles("#file", { name: "题库.csv", mimeType: "text/csv", buffer: Buffer.from("题型,题干,选项A,选项B,答案\n单选,谁管辖,发生地,住所地,A\n单选,坏行,甲,乙,D\n") });
await shi.click("#import button");
await shi.waitForSelector("#import-report .good");
assert.ok((await shi.textContent("#import-report")).includes("第 3 行没有导入"));

// ── A class is opened; it hangs on the wall.
await shi.goto(`${ADDRESS}/workshops`);
await shi.locator("tr", { hasText: "擅自举办民办学校" }).locator("[data-open]").click();
await shi.waitForURL(/workshops\/.+/);
const code = (await shi.textContent(".bigcode")).trim();
await look(shi, "class-waiting");

// ── Two participants, one on a phone; a wrong code, a name that is taken.
const phone = await device(390), tablet = await device(1024, "dark");
await phone.goto(`${ADDRESS}/join`);
await look(phone, "join");
expected = 1;
await phone.fill("#code", "AAAAAA");
await phone.fill("#name", "陈晓");
await phone.click("text=加入 >> nth=-1");
await phone.waitForSelector("#refusal .note");
await phone.fill("#code", code.toLowerCase());
await phone.click("#join button");
await phone.waitForSelector("#seat");
await tablet.goto(`${ADDRESS}/join/${code}`);
assert.equal(await tablet.inputValue("#code"), code);
expected = 1;
await tablet.fill("#name", "陈 晓");
await tablet.click("#join button");
await tablet.waitForSelector("#refusal .note");
await tablet.fill("#name", "<img src=x>");
await tablet.click("#join button");
await tablet.waitForSelector("#seat");
await shi.waitForFunction(() => document.querySelectorAll("#people li").length === 2, null, { timeout: 2000 });
await look(phone, "seat-waiting");

// ── The question appears by itself; both answer, the wall fills within two seconds.
await shi.click('[data-move="start"]');
await phone.waitForSelector("#answer", { timeout: 5000 });
await tablet.waitForSelector("#answer", { timeout: 5000 });
const told = await phone.textContent("body");
for (const secret of ["建议幅度（", "实际决定", "云教体罚决字"]) assert.ok(!told.includes(secret), secret);
await look(phone, "seat-question");
await phone.locator('[name="articles"]').nth(0).check();
await phone.locator('[name="articles"]').nth(3).check();
await phone.check('[name="tier"][value="lenient"]');
await phone.check('[name="kinds"][value="fine"]');
await phone.fill("#fine", "十八万");
await phone.click("#answer button");
await phone.waitForSelector("#refusal .note");
await phone.fill("#fine", "180,000");
await phone.fill("#reason", EVIL);
await phone.reload();
assert.equal(await phone.inputValue("#fine"), "180,000", "what was typed survives a reload");
await phone.click("#answer button");
await shi.waitForFunction(() => document.querySelector("#answered").textContent === "1", null, { timeout: 2000 });
await phone.waitForFunction(() => document.querySelector("#saved").textContent.includes("已提交"));
await look(phone, "seat-answered");
await tablet.check('[name="tier"][value="general"]');
await tablet.check('[name="kinds"][value="fine"]');
await tablet.check('[name="kinds"][value="warning"]');
await tablet.fill("#fine", "300000");
await tablet.click("#answer button");
await shi.waitForFunction(() => document.querySelector("#answered").textContent === "2", null, { timeout: 2000 });
await look(tablet, "seat-answered-dark");
await look(shi, "class-answering");

// ── Closed, spread, revealed step by step.
await shi.click('[data-move="close"]');
await shi.waitForSelector(".tallyline");
assert.equal(await shi.locator(".tallyline.right").count(), 0, "nothing is marked before it is revealed");
await look(shi, "class-closed");
await picture(shi, "class", trouble);
await phone.waitForFunction(() => document.querySelector("#seat").dataset.stage === "closed", null, { timeout: 5000 });
for (const step of ["facts", "articles", "tier", "amount"]) {
  await shi.click('[data-move="reveal"]');
  await shi.waitForFunction((s) => document.querySelector("#class").dataset.stage === s, step);
  if (step === "articles") await look(shi, "class-articles");
}
await shi.waitForSelector("svg.strip path.mine");
await shi.fill("#note-text", EVIL);
await shi.click("#note button");
await shi.waitForSelector(".note .prose");
await look(shi, "class-revealed");
await phone.waitForSelector(".scores", { timeout: 5000 });
await look(phone, "seat-score");
await tablet.waitForSelector(".scores", { timeout: 5000 });
await look(tablet, "seat-score-dark");
const wall = await device(1024, "dark");
await wall.context().addCookies(await shi.context().cookies());
await wall.goto(shi.url());
await look(wall, "class-revealed-dark");
await wall.setViewportSize({ width: 390, height: 844 });
await look(wall, "class-revealed-narrow");
await wall.goto(`${ADDRESS}/workshops?violation=mb64`);
await look(wall, "workshops-narrow-dark");

// ── The end: results are taken away.
await shi.click('[data-move="next"]');
await phone.waitForSelector("#answer", { timeout: 5000 });
await shi.click('[data-move="end"]');
await shi.waitForSelector("text=名次");
await look(shi, "class-ended");
await phone.waitForFunction(() => document.querySelector("#seat").dataset.stage === "ended", null, { timeout: 5000 });
await look(phone, "seat-ended");
for (const kind of ["xlsx", "csv"]) {
  const [file] = await Promise.all([shi.waitForEvent("download"), shi.click(`a[href$="results.${kind}"]`)]);
  assert.equal(file.suggestedFilename(), `研讨${code}.${kind}`);
}
assert.equal(await shi.locator("img").count(), 0);
assert.deepEqual(trouble, []);
await browser.close();
console.log(`workshop walk passed, screenshots in ${OUT}`);
