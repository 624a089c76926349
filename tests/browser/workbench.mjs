// The workbench: an officer's, a head's and a reviewer's day through the pages, with real sign-in. Screenshots go to OUT.
import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { Bureau, investigation } from "./bureau.mjs";
import { eyes } from "./eyes.mjs";
import { picture } from "./guide.mjs";

const { ADDRESS, CHROMIUM, OUT, ADMIN_LINK } = process.env;
const narrative = readFileSync(new URL("narrative.txt", import.meta.url), "utf8").trim();
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const bureau = new Bureau(ADDRESS, ADMIN_LINK);
await bureau.settle();

const trouble = [];
// A refused command shows in the console as a failed request; where one is provoked, it is expected.
let expected = 0;
async function desk(login, width = 1440, scheme = "light") {
  const context = await browser.newContext({ viewport: { width, height: 1000 }, colorScheme: scheme, locale: "zh-CN", acceptDownloads: true });
  const page = await context.newPage();
  page.on("console", (m) => {
    if (m.type() !== "error") return;
    if (expected > 0 && /status of 4\d\d/.test(m.text())) expected -= 1; else trouble.push(`${page.url()} ${m.text()}`);
  });
  page.on("pageerror", (e) => trouble.push(`${page.url()} ${e}`));
  page.on("dialog", (d) => { if (d.type() !== "beforeunload") trouble.push("dialog " + d.message()); d.accept(); });
  page.on("request", (r) => { if (!r.url().startsWith(ADDRESS) && !r.url().startsWith("data:")) trouble.push("outside request " + r.url()); });
  if (login) await bureau.signIn(page, login);
  return page;
}

const look = eyes(OUT, "w", trouble, ["serious", "critical"]);

const at = (no) => `${ADDRESS}/cases/${encodeURIComponent(no)}`;
/** Opens the form of a step, fills it by path and takes it on a day. */
async function take(page, key, values = {}, day) {
  const form = page.locator(`form[data-key="${key}"]`);
  await page.evaluate((k) => { location.hash = `step-${k}`; }, key);
  await form.waitFor({ state: "visible" });
  for (const [path, value] of Object.entries(values)) {
    const field = form.locator(`[data-path="${path}"]`);
    if (Array.isArray(value)) for (const v of value) await field.getByLabel(v).check();
    else if (value === true) await field.check();
    else if ((await field.evaluate((f) => f.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  if (day) await form.locator("[data-day]").fill(day);
  await page.evaluate(() => document.querySelector("#toast").replaceChildren());
  await form.locator("button[type=submit]").click();
}
async function said(page, text) {
  const told = await page.waitForFunction((t) => (document.querySelector("#toast")?.textContent.includes(t) ? "yes" : document.querySelector(".refusal .note")?.textContent), text);
  const what = await told.jsonValue();
  assert.equal(what, "yes", `${text}: ${what}`);
}

// ── Without sign-in pages lead to it, and back.
const stranger = await desk("");
await stranger.goto(`${ADDRESS}/cases`);
assert.ok(stranger.url().includes("/sign-in?next=%2Fcases"), stranger.url());
await look(stranger, "sign-in");

// ── Officer: register a clue from a narrative.
const began = Date.now();
const li = await desk("li");
await look(li, "home-empty");
await li.click("nav >> text=登记案件");
await li.fill("#received", "2026-03-02");
await li.fill("#source", "群众举报");
await li.fill("#summary", "举报某处无证办学");
await li.fill("#narrative", narrative);
await li.click("#do-extract");
await li.waitForSelector("#found li");
assert.ok((await li.locator("#marks mark").count()) > 5, "spans are highlighted");
await li.selectOption("#circumstance", "base");
await look(li, "register");
await picture(li, "register", trouble);
await li.click("#do-register");
await li.waitForURL(/\/cases\//);
const no = decodeURIComponent(new URL(li.url()).pathname.split("/").pop());
await look(li, "case-new");
// The evidence as the officers number it.
const file = await bureau.call("li", "GET", `/api/v1/cases/${encodeURIComponent(no)}`);
const facts = structuredClone(file.dossier.case);
facts.facts.gains = { ...facts.facts.gains, rule_citation: "行政处罚法第二十八条第二款" };
facts.evid = [{ no: 1, kind: "site_record", title: "现场检查笔录", proves: "教室和学生情况" }, { no: 2, kind: "documentary", title: "营业执照复印件", proves: "当事人主体资格" }, { no: 3, kind: "documentary", title: "收费台账", proves: "收取培训费46580元" }];
await bureau.step("li", no, "2026-03-02", { step: "save_facts", case: facts });

// ── Head: file and assign through the forms.
const qian = await desk("qian");
await qian.goto(at(no));
await take(qian, "file", {}, "2026-03-02");
await said(qian, "已立案");
await take(qian, "assign", { officers: ["李明", "王芳"], recusal_checked: true }, "2026-03-02");
await said(qian, "调查中");

for (const [who, day, step] of investigation()) await bureau.step(who, no, day, step);

// ── Officer: a refused move says why and loses nothing; then it is put right.
await li.goto(at(no));
await look(li, "case-facts");
await picture(li, "case-facts", trouble);
expected = 1;
await take(li, "close_investigation", { findings: "当事人未取得办学许可证，擅自举办民办学校。", opinion: "建议给予行政处罚。" }, "2026-03-12");
await li.waitForSelector('form[data-key="close_investigation"] .refusal .note');
const why = await li.textContent('form[data-key="close_investigation"] .refusal');
assert.ok(why.includes("行政处罚法"), why);
assert.equal(await li.inputValue('form[data-key="close_investigation"] [data-path="opinion"]'), "建议给予行政处罚。");
await look(li, "case-refused", false);
const gains = { step: "find_element", finding: { code: "gains", established: true, evidence: [1, 3], note: "查证属实" } };
await bureau.step("li", no, "2026-03-04", gains).catch(() => {});
await li.reload();
assert.equal(await li.inputValue('form[data-key="close_investigation"] [data-path="opinion"]'), "建议给予行政处罚。", "what was typed survives a reload");
await take(li, "close_investigation", { factors_reviewed: true }, "2026-03-12");
await said(li, "调查终结");
await take(li, "set_figure", { "figure.tier": "lenient", "figure.fine_fen": "60000", "figure.kinds": ["罚款"], "figure.reason": "立案前主动退还部分费用，从轻处罚" }, "2026-03-12");
await said(li, "人工定值");
await li.goto(`${at(no)}#range`);
await li.waitForSelector("svg.range path.mine");
await look(li, "case-range");
await picture(li, "case-range", trouble);

await take(li, "issue_notice", { reasons: "事实清楚，证据确凿，立案前主动退费，从轻处罚。" }, "2026-03-13");
await said(li, "事先告知");
await take(li, "serve-notice", { "service.method": "direct", "service.sent_on": "2026-03-13", "service.served_on": "2026-03-13", "service.place": "云岫市东湖路88号", "service.receiver": "张某（法定代表人）" }, "2026-03-13");
await said(li, "陈述申辩期");
await take(li, "record_statement", { "statement.on": "2026-03-16", "statement.text": "请求从轻处罚。" }, "2026-03-16");
await said(li, "陈述申辩");
await take(li, "recheck_defence", { on: "2026-03-23", reason: "没有法定从轻情节" }, "2026-03-23");
await said(li, "已复核");

// ── The draft grows passage by passage; each is taken on by a person, then it goes into the file.
await li.goto(`${at(no)}#papers`);
await li.click("#new-draft button[type=submit]");
await li.waitForSelector("#file-draft", { timeout: 120000 });
await look(li, "case-draft");
await picture(li, "case-draft", trouble);
const passages = li.locator("#draft-body .passage");
const count = await passages.count();
assert.ok(count > 2, "passages to take on");
await passages.nth(0).getByRole("button", { name: "修改" }).click();
const words = await passages.nth(0).locator("textarea").inputValue();
await passages.nth(0).locator("textarea").fill(words + "当事人对上述事实没有异议。");
await passages.nth(0).getByRole("button", { name: "保存修改" }).click();
await passages.nth(0).locator("summary", { hasText: "对照" }).waitFor();
for (let i = 1; i < count; i++) await passages.nth(i).getByRole("button", { name: "采纳" }).click();
await li.waitForFunction(() => document.querySelector("#draft-counts")?.textContent.includes("都已有人负责"));
await look(li, "case-taken");
await li.click("#file-draft");
await said(li, "已入卷");
await take(li, "submit_review", { intended: "penalty" });
await said(li, "法制审核中");
await look(li, "case-review");

// ── Reviewer: the queue, the desk, a remark, and the conclusion by keyboard alone.
const zhao = await desk("zhao");
await look(zhao, "home-reviewer");
await zhao.click("nav >> text=法制审核");
await look(zhao, "queue");
await zhao.click("table.list a");
await zhao.click('form[data-key="accept_review"] button[type=submit]');
await said(zhao, "受理");
await zhao.locator("[data-comment]").first().click();
await zhao.locator(".commenting textarea").fill("此处请核对学生人数");
await zhao.click("text=保存批注");
await said(zhao, "批注已保存");
await look(zhao, "desk");
await picture(zhao, "desk", trouble);
// Similar cases: one put away in the table, one left out with a reason and taken back.
await zhao.locator("#side-pick input").first().uncheck();
assert.ok(await zhao.locator('#side th[data-col="0"]').isHidden());
await picture(zhao, "similar", trouble, "#side");
const before = await zhao.locator("[data-exclude]").count();
expected = 1;
await zhao.locator("[data-exclude]").first().click();
await zhao.locator(".excluding button[type=submit]").click();
await zhao.locator(".excluding .refusal .note").waitFor();
assert.ok((await zhao.textContent(".excluding .refusal")).includes("理由"), "a reason is asked for");
await zhao.locator(".excluding input").fill("办学规模悬殊，不能比较");
await zhao.locator(".excluding button[type=submit]").click();
await said(zhao, "已排除");
assert.ok((await zhao.textContent("#col-similar")).includes("办学规模悬殊"));
await look(zhao, "desk-excluded");
await zhao.locator("[data-include]").first().click();
await said(zhao, "已恢复比较");
assert.equal(await zhao.locator("[data-exclude]").count(), before);
await zhao.locator('[data-item="C01"] input[type=radio]').first().focus();
for (let n = 1; n <= 16; n++) {
  const id = `C${String(n).padStart(2, "0")}`;
  assert.equal(await zhao.evaluate(() => document.activeElement.closest("[data-item]")?.dataset.item), id, "the keyboard goes from item to item");
  await zhao.keyboard.press("1");
}
assert.equal(await zhao.evaluate(() => document.activeElement.name), "conclusion");
await zhao.keyboard.press("Space");
await zhao.keyboard.press("Tab");
assert.equal(await zhao.evaluate(() => document.activeElement.id), "opinion");
await zhao.keyboard.type("事实清楚，同意。");
await look(zhao, "desk-filled");
await zhao.keyboard.press("Tab");
await zhao.keyboard.press("Enter");
await said(zhao, "结论已作出");
await look(zhao, "desk-concluded");
console.log(`from sign-in to a concluded review: ${Math.round((Date.now() - began) / 1000)} s by machine`);

// ── Head: the overview, and help.
await qian.goto(`${ADDRESS}/overview`);
await look(qian, "overview");
await picture(qian, "overview", trouble);
await qian.click("table.ages a");
await look(qian, "cases-filtered");
await li.goto(`${ADDRESS}/help`);
await look(li, "help");
await li.goto(`${ADDRESS}/`);
await look(li, "home");
await picture(li, "home", trouble);
await li.goto(`${ADDRESS}/help`);
const lost = await li.evaluate(async () => { const all = await Promise.all([...document.images].map(async (i) => [i.src, (await fetch(i.src)).status])); return all.filter(([, status]) => status !== 200); });
assert.deepEqual(lost, [], "every picture of the guide is there");

// ── Hostile words in every field never become markup, and commands without their token are refused.
const evil = `"><img src=x onerror="alert(1)"><script>alert(2)</script>{{7*7}}`;
const poisoned = structuredClone(facts);
poisoned.case = { cause: evil, source: evil };
poisoned.party = { ...poisoned.party, name: evil, address: evil };
poisoned.facts = { ...poisoned.facts, narrative: evil, place: evil };
poisoned.evid = [{ no: 1, kind: "site_record", title: evil, proves: evil }];
const bad = await bureau.call("li", "POST", "/api/v1/cases", { clue: { received_on: "2026-03-02", source: evil, summary: evil }, case: poisoned });
for (const path of [`/cases/${encodeURIComponent(bad.case_no)}`, "/cases", "/", "/cases?q=" + encodeURIComponent(evil)]) {
  await li.goto(ADDRESS + path);
  await li.waitForLoadState("networkidle");
  assert.equal(await li.locator("img[src=x]").count(), 0, path);
  assert.ok(!(await li.content()).includes(">49<"), path);
}
// A file by such a name.
const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const upload = new FormData();
upload.append("kind", "other");
upload.append("file", new Blob([png], { type: "image/png" }), `${evil.replaceAll("/", "")}.png`);
const sent = await fetch(`${ADDRESS}/api/v1/cases/${encodeURIComponent(bad.case_no)}/attachments`, { method: "POST", body: upload, headers: { cookie: bureau.sessions.li.cookie, "x-zhicai-csrf": bureau.sessions.li.csrf } });
assert.equal(sent.status, 201, `${sent.status} ${await sent.text()}`);
await li.goto(`${ADDRESS}/cases/${encodeURIComponent(bad.case_no)}#papers`);
await li.waitForLoadState("networkidle");
assert.equal(await li.locator("img[src=x]").count(), 0, "a file name is shown as words");
const forged = await bureau.raw("POST", `/api/v1/cases/${encodeURIComponent(no)}/steps`, { step: "confirm_facts", version: 1 }, { cookie: bureau.sessions.li.cookie });
assert.equal(forged.status, 403, "a command without its token");

// ── Other sizes and the dark.
for (const [width, scheme] of [[1440, "dark"], [1024, "light"], [390, "light"], [390, "dark"]]) {
  const officer = await desk("li", width, scheme), reviewer = await desk("zhao", width, scheme), head = await desk("qian", width, scheme);
  const tag = `${width}-${scheme}`;
  await look(officer, `home-${tag}`);
  for (const stage of ["facts", "range", "papers", "review"]) {
    await officer.goto(`${at(no)}#${stage}`);
    await officer.reload();
    await officer.waitForLoadState("networkidle");
    await look(officer, `case-${stage}-${tag}`);
  }
  await officer.goto(`${ADDRESS}/register`);
  await officer.waitForSelector("#violation option:nth-child(2)", { state: "attached" });
  await look(officer, `register-${tag}`);
  await reviewer.goto(`${ADDRESS}/reviews`);
  await look(reviewer, `queue-${tag}`);
  await reviewer.click("table.list a");
  await reviewer.waitForSelector(".desk");
  await look(reviewer, `desk-${tag}`);
  await head.goto(`${ADDRESS}/overview`);
  await look(head, `overview-${tag}`);
  await head.goto(`${ADDRESS}/cases`);
  await look(head, `cases-${tag}`);
  for (const page of [officer, reviewer, head]) await page.context().close();
}
await browser.close();
if (trouble.length) console.error(trouble.join("\n"));
assert.equal(trouble.length, 0, "no console errors, no outside requests, nothing serious for accessibility");
console.log(`workbench walk passed, screenshots in ${OUT}`);
