// The pictures of the user guide. They are taken from the walk itself; what a page says in its headings, buttons and fields is kept
// beside each picture, so that a page that has changed since fails the walk until the pictures are taken again (ZHICAI_GUIDE=1).
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const { GUIDE, ZHICAI_GUIDE } = process.env;
const kept = JSON.parse(readFileSync(`${GUIDE}/guide.json`, "utf8"));

/** What stands on the page whatever the case: words of headings, buttons, labels and columns; figures left out. */
async function outline(page) {
  const words = await page.evaluate(() => {
    const seen = (node) => node.checkVisibility?.() ?? true;
    return [...document.querySelectorAll("main h2, main h3, main legend, main button, main th[scope=col], main label > span, main summary > .act, header nav a")].filter((n) => seen(n) && !n.closest("#draft-list, #attachments")).map((n) => n.textContent.trim());
  });
  return createHash("sha256").update([...new Set(words.map((w) => w.replace(/[\d,.\-:]+/g, "#")))].join("\n")).digest("hex");
}

/** Takes the picture of the top of the page, or of what `from` names; or says that it is old. */
export async function picture(page, name, trouble, from) {
  const now = await outline(page);
  if (ZHICAI_GUIDE) {
    await page.evaluate((at) => { scrollTo(0, 0); if (at) { document.querySelector(at).scrollIntoView(); scrollBy(0, -90); } }, from);
    await page.waitForTimeout(200);
    mkdirSync(GUIDE, { recursive: true });
    await page.screenshot({ path: `${GUIDE}/${name}.jpg`, type: "jpeg", quality: 72, clip: { x: 0, y: 0, width: 1440, height: 900 } });
    kept[name] = now;
    writeFileSync(`${GUIDE}/guide.json`, JSON.stringify(kept, Object.keys(kept).sort(), 1) + "\n");
  } else if (kept[name] !== now) {
    trouble.push(`the guide's picture “${name}” is of an older page: take it again with ZHICAI_GUIDE=1`);
  }
}
