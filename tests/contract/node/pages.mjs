// Looks at pages in a real browser, as people do, and prints what is wrong with them as JSON.
// Standard input: {browser, address, key, pages: [{name, path}], views: [{width, lang}], shots, pdf}.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const asked = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const wrong = [];
const done = { looked: 0, printed: [], keys: [] };
process.on("uncaughtException", (error) => {
  console.error(error, wrong);
  process.exit(1);
});

const browser = await chromium.launch({
  executablePath: asked.browser,
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

async function open(width, lang, script = true) {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    locale: lang === "en" ? "en-GB" : "zh-CN",
    javaScriptEnabled: script,
  });
  const page = await context.newPage();
  const place = `${width} ${lang}`;
  page.on("console", (said) => {
    if (["error", "warning"].includes(said.type())) wrong.push(`${place}: ${said.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`${place}: ${error}`));
  page.on("request", (sent) => {
    if (!sent.url().startsWith(asked.address) && !sent.url().startsWith("data:"))
      wrong.push(`${place}: asks ${sent.url()}`);
  });
  page.on("response", (answer) => {
    if (answer.status() >= 400) wrong.push(`${place}: ${answer.status()} ${answer.url()}`);
  });
  return page;
}

async function signIn(page) {
  await page.goto(`${asked.address}/pages`);
  await page.locator("#credential:focus").waitFor(); // by itself
  await page.keyboard.type(asked.key);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/pages$/);
}

async function look(page, each, width, lang) {
  const place = `${each.name} ${width} ${lang}`;
  const sign = each.path.includes("?") ? "&" : "?";
  await page.goto(`${asked.address}${each.path}${sign}lang=${lang}`);
  done.looked += 1;
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (over > 0) wrong.push(`${place}: wider than the window by ${over}`);
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll("main :is(h1,h2,p,dt,dd,li,td,th,a,button,label)")]
      .filter((one) => !one.closest(".visually-hidden") && one.clientWidth > 0)
      .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
      .map((one) => one.textContent.trim().slice(0, 40)),
  );
  if (cut.length) wrong.push(`${place}: cut: ${cut.slice(0, 3).join(" | ")}`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const one of violations)
    wrong.push(`${place}: ${one.id}: ${one.nodes.slice(0, 2).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  if (asked.shots && each.shot && width === each.shot) {
    await page.screenshot({ path: `${asked.shots}/${each.name}-${width}-${lang}.png` });
  }
}

for (const { width, lang } of asked.views) {
  const page = await open(width, lang);
  await signIn(page);
  for (const each of asked.pages) await look(page, each, width, lang);
  await page.context().close();
}

// By the keyboard alone: past the skip link to the campaign, and down to the first unit.
const keys = await open(1280, "zh");
await signIn(keys);
const reach = async (test, most = 60) => {
  for (let step = 0; step < most; step += 1) {
    await keys.keyboard.press("Tab");
    const at = await keys.evaluate(() => {
      const one = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return { text: one.textContent.trim(), href: one.getAttribute("href") ?? "", seen: outlineStyle !== "none" && outlineWidth !== "0px" };
    });
    if (!at.seen) wrong.push(`keyboard: no sign of the focus on ${at.text}`);
    if (test(at)) return at;
  }
  wrong.push("keyboard: not reached");
  return { text: "" };
};
done.keys.push((await reach((at) => at.href === "#content")).text);
for (const test of [(at) => /\/campaigns\/[^/]+$/.test(at.href), (at) => /\?unit=/.test(at.href) && !/(urging|findings|leaders)/.test(at.href) && at.href.includes(asked.below)]) {
  const at = await reach(test);
  done.keys.push(at.text);
  await keys.keyboard.press("Enter");
  await keys.waitForURL((now) => now.href.endsWith(at.href));
}
done.keys.push(await keys.locator("h1").textContent());
await keys.context().close();

// Without scripts they are the same; and on paper.
const plain = await open(1280, "zh", false);
await signIn(plain);
await plain.context().close();
const paper = await open(1280, "zh");
await signIn(paper);
for (const each of asked.pages.filter((one) => one.print)) {
  await paper.goto(`${asked.address}${each.path}`);
  const file = `${asked.pdf}/${each.name}.pdf`;
  writeFileSync(file, await paper.pdf({ preferCSSPageSize: true, printBackground: true }));
  done.printed.push(file);
}
await browser.close();
console.log(JSON.stringify({ wrong, done }));
