// The calculator in Chromium: run by scripts/web long.

import assert from "node:assert/strict";
import { readFileSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";

const { IMGCOST_PAGE: folder, IMGCOST_TOOLS: tools, IMGCOST_CHROMIUM: executablePath, IMGCOST_SHOTS: shots } = process.env;
const require = createRequire(`${tools}/package.json`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const parityCode = readFileSync(new URL("parity.mjs", import.meta.url), "utf8");
const table = readFileSync(new URL("../../../tests/parity/cases.jsonl", import.meta.url), "utf8");

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".bin": "application/octet-stream" };
const HASH = "#model=gpt-image-2&provider=openai&quality=high&size=1536x1024&as_of=2026-11-21";
let server, browser, origin;
const asked = [];

before(async () => {
  mkdirSync(shots, { recursive: true });
  server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const own = { "/parity.mjs": parityCode, "/cases.jsonl": table };
    try {
      const body = own[path] ?? readFileSync(join(folder, normalize(path === "/" ? "/index.html" : path)));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/html" });
      response.end(body);
    } catch {
      response.writeHead(404);
      response.end();
    }
  });
  await new Promise((go) => server.listen(0, "127.0.0.1", go));
  origin = `http://127.0.0.1:${server.address().port}/`;
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

after(async () => {
  await browser?.close();
  server?.close();
});

async function open(hash = HASH, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(origin + hash);
  await page.waitForSelector("#figure");
  return { page, context, errors };
}

const figure = (page) => page.locator("#figure").textContent();

test("a quote is the command's, and nothing is loaded from elsewhere", async () => {
  const { page, context, errors } = await open();
  assert.equal(await figure(page), "$0.16464");
  await page.fill("#n", "4");
  await page.waitForFunction(() => document.querySelector("#figure").textContent === "$0.65856");
  assert.ok(!asked.some((url) => url.endsWith(".bin")), "the vocabulary waits for a prompt");
  await page.fill("#prompt", "a red apple on a wooden table");
  await page.fill("#n", "1");
  await page.waitForFunction(() => document.querySelector("#figure").textContent === "$0.164705");
  assert.equal(await page.locator("#prompt-hint").textContent(), "7 tokens");
  assert.ok(asked.every((url) => url.startsWith(origin) || url.startsWith("data:") || url.startsWith("blob:")), asked.join(" "));
  assert.deepEqual(errors, []);
  await context.close();
});

test("a link carries the request", async () => {
  const first = await open();
  await first.page.fill("#size", "1008x1008");
  await first.page.selectOption("#quality", "low");
  await first.page.fill("#prompt", "ein Apfel & mehr?");
  await first.page.waitForFunction(() => document.querySelector("#prompt-hint").textContent.endsWith("tokens"));
  const [link, total] = [first.page.url(), await figure(first.page)];
  const second = await open(new URL(link).hash);
  await second.page.waitForFunction((total) => document.querySelector("#figure").textContent === total, total);
  assert.equal(await second.page.inputValue("#prompt"), "ein Apfel & mehr?");
  assert.equal(await second.page.inputValue("#size"), "1008x1008");
  await first.context.close();
  await second.context.close();
});

test("an image that is dropped makes the call an edit", async () => {
  const { page, context } = await open("#model=gpt-image-1.5&provider=openai&quality=low&size=1024x1024&as_of=2026-11-21");
  const plain = await figure(page);
  await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const blob = await new Promise((go) => canvas.toBlob(go));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([blob], "cat.png", { type: "image/png" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  });
  await page.waitForSelector("#list li");
  assert.match(await page.locator("#list").textContent(), /cat\.png640x480/);
  await page.waitForFunction((plain) => document.querySelector("#figure").textContent !== plain, plain);
  assert.match(page.url(), /images=640x480/);
  assert.match(await page.locator(".lines").textContent(), /Image input/);
  await context.close();
});

test("an error is beside its field, with what would be accepted", async () => {
  const { page, context } = await open();
  await page.fill("#size", "1000x1000");
  const error = page.locator("[data-field=size] .error");
  await error.waitFor();
  assert.equal(await page.getAttribute("#size", "aria-invalid"), "true");
  await page.screenshot({ path: `${shots}/error.png`, fullPage: true });
  await error.getByRole("button").click();
  await page.waitForFunction(() => !document.querySelector(".error"));
  assert.equal(await page.inputValue("#size"), "1008x1008");
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1400]) {
    test(`${colorScheme}, ${width} pixels wide: axe finds nothing, nothing overflows`, async () => {
      const { page, context } = await open(`${HASH}&tier=`, { colorScheme, viewport: { width, height: 900 } });
      await page.waitForSelector("#surface-section:not([hidden])");
      await page.waitForFunction(() => document.querySelector("#legend").childNodes.length > 0);
      await page.screenshot({ path: `${shots}/${colorScheme}-${width}.png`, fullPage: true });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 120))]), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await context.close();
    });
  }
}

test("the keyboard reaches every control, and its focus is seen", async () => {
  const { page, context } = await open();
  const reached = new Set();
  for (let at = 0; at < 60; at += 1) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      const focused = document.activeElement;
      return { id: focused.id, seen: focused === document.body || getComputedStyle(focused).outlineStyle !== "none" };
    });
    assert.ok(found.seen, found.id);
    reached.add(found.id);
  }
  for (const id of ["provider", "model", "quality", "size", "n", "prompt", "files", "tier", "as_of", "link"]) assert.ok(reached.has(id), id);
  await context.close();
});

test("what is wrong with a size is told once for each model", async () => {
  const { page, context, errors } = await open("#model=gpt-image-2&provider=openai&size=1000x1000&as_of=2026-11-21", { viewport: { width: 768, height: 900 } });
  const names = await page.locator(".bars .off .name").allTextContents();
  assert.ok(names.length > 1);
  assert.equal(new Set(names.map((name) => name.split(" · ")[0])).size, names.length);
  await page.screenshot({ path: `${shots}/refused-768.png`, fullPage: true });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id }) => id), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(errors, []);
  await context.close();
});

test("it paints within a second from a cold cache", async () => {
  const { page, context } = await open();
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  console.log(`first contentful paint after ${Math.round(paint)} ms`);
  assert.ok(paint < 1_000, `${paint}`);
  await context.close();
});

test("the browser answers the table of parity", async () => {
  const { page, context } = await open();
  const differ = await page.evaluate(async () => {
    const [{ parity }, imgcost, table] = await Promise.all([import("/parity.mjs"), import("/imgcost/index.js"), fetch("/cases.jsonl").then((file) => file.text())]);
    return parity(table.trim().split("\n").map((line) => JSON.parse(line)), imgcost);
  });
  assert.deepEqual(differ, []);
  await context.close();
});
