// Looks at every page of a site as a reader does: narrow and wide, light and dark.
//
//   node look.mjs BROWSER SITE PICTURES
//
// Prints a JSON list: what was looked at, and what is wrong with it. Pages are handed to the browser
// from the folder SITE; whatever else it asks for is refused, and told. PICTURES takes a picture of
// each look.

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [browserPath, site, pictures] = process.argv.slice(2);
const HOST = "https://site.test/";
const WIDTHS = [1280, 360];
const THEMES = ["light", "dark"];
const HEIGHT = 800;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const pages = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html")).sort();

const browser = await chromium.launch({
  executablePath: browserPath,
  args: [
    "--no-sandbox", // in a container, its own sandbox cannot be made
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

const looks = [];
for (const width of WIDTHS) {
  for (const colorScheme of THEMES) {
    const context = await browser.newContext({ viewport: { width, height: HEIGHT }, colorScheme });
    const all = pages.map((page) => look(context, page, `${width}-${colorScheme}`));
    looks.push(...(await Promise.all(all)));
    await context.close();
  }
}
await browser.close();
console.log(JSON.stringify(looks));

async function look(context, name, how) {
  const wrong = [];
  const tab = await context.newPage();
  await tab.route("**/*", (route) => serve(route, wrong));
  tab.on("console", (said) => {
    if (["error", "warning"].includes(said.type())) wrong.push(`console: ${said.text()}`);
  });
  tab.on("pageerror", (error) => wrong.push(`script: ${error.message}`));
  await tab.goto(HOST + name, { waitUntil: "load" });
  await tab.evaluate(() => document.fonts.ready);
  wrong.push(...(await tab.evaluate(inPage)));
  const panes = await tabs(tab, wrong);
  await tab.evaluate(AXE);
  wrong.push(...(await tab.evaluate(contrast)));
  await tab.evaluate(() => scrollTo(0, 0));
  const picture = join(pictures, `${name.replaceAll("/", "-")}-${how}.png`);
  await tab.screenshot({ path: picture, fullPage: true, animations: "disabled" });
  await tab.close();
  return { page: name, how, panes, wrong };
}

// The site's own files, and nothing else.
function serve(route, wrong) {
  const url = new URL(route.request().url());
  if (url.protocol === "data:" || url.protocol === "blob:") return route.continue();
  const path = resolve(site, `.${decodeURIComponent(url.pathname)}`);
  if (url.href.startsWith(HOST) && !relative(site, path).startsWith("..") && existsSync(path)) {
    return route.fulfill({ path: statSync(path).isDirectory() ? join(path, "index.html") : path });
  }
  wrong.push(`asks for ${url.href}`);
  return route.abort();
}

// Clicks every content tab: what it shows must be seen, and hold something.
async function tabs(tab, wrong) {
  const labels = await tab.locator(".tabbed-labels > label").all();
  for (const label of labels) {
    await label.click();
    const shown = await label.evaluate((one) => {
      const set = one.closest(".tabbed-set");
      const number = [...one.parentElement.children].indexOf(one);
      const panes = [...set.querySelector(":scope > .tabbed-content").children];
      return panes.map((pane) => pane.offsetHeight > 0 && pane.innerText.trim() !== "").join() ===
        panes.map((_, index) => index === number).join();
    });
    if (!shown) wrong.push(`tab ${await label.innerText()}: shows nothing, or something else too`);
  }
  return labels.length;
}

// In the page: what does not fit, and what is too small to read.
function inPage() {
  const wrong = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    wrong.push(`scrolls sideways: ${document.documentElement.scrollWidth} of ${width} pixels`);
  }
  const scrolls = (one) => ["auto", "scroll"].includes(getComputedStyle(one).overflowX);
  for (const one of document.querySelectorAll("article *")) {
    const box = one.getBoundingClientRect();
    if (box.width === 0 || box.right <= width + 1) continue;
    let around = one;
    while (around && !scrolls(around)) around = around.parentElement;
    if (!around) wrong.push(`sticks out: ${one.outerHTML.slice(0, 80)}`);
  }
  for (const one of document.querySelectorAll("article code, article td, article p, article li")) {
    const size = parseFloat(getComputedStyle(one).fontSize);
    if (size < 11) wrong.push(`text of ${size} pixels: ${one.outerHTML.slice(0, 80)}`);
  }
  for (const one of document.querySelectorAll("article img")) {
    if (!one.naturalWidth) wrong.push(`no picture: ${one.src}`);
  }
  return wrong;
}

// In the page: text that is too pale (WCAG 2, success criterion 1.4.3).
async function contrast() {
  const found = await axe.run("article", { runOnly: ["color-contrast"] });
  return found.violations.flatMap((one) =>
    one.nodes.map((node) => `${node.any[0].message}: ${node.html.slice(0, 80)}`),
  );
}
