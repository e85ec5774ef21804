// The package as its users have it: run with the package's folder in IMGCOST_PACKAGE.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { parity } from "./parity.mjs";

const folder = process.env.IMGCOST_PACKAGE;
const imgcost = await import(pathToFileURL(`${folder}/index.js`));

const DAY = "2026-11-21";
const cases = readFileSync(new URL("../../../tests/parity/cases.jsonl", import.meta.url), "utf8").trim().split("\n").map((line) => JSON.parse(line));

test("before the vocabulary is loaded, a prompt as text is refused and never miscounted", () => {
  assert.throws(() => imgcost.sync.countTokens("a"), /vocabulary/);
  assert.throws(() => imgcost.sync.quote({ model: "gpt-image-2", prompt: "a" }), { field: "prompt" });
});

test("every case of the table of parity has the same answer", async () => {
  const differ = await parity(cases, imgcost);
  assert.deepEqual(differ, []);
  assert.ok(cases.length > 500);
});

test("prompts are counted as by the reference", async () => {
  assert.equal(await imgcost.countTokens("A watercolor painting of a fox in the snow"), 9);
  assert.equal(await imgcost.countTokens("生成AIチャットボットのアイコンを作成せよ"), 14);
  assert.equal(imgcost.sync.countTokens("a".repeat(100_000)), 12_500);
});

test("images are measured by their bytes", async () => {
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  assert.equal(await imgcost.imageSize(png), "1x1");
  assert.equal(await imgcost.imageSize(new Blob([png])), "1x1");
  assert.equal(await imgcost.imageSize(new Uint8Array(3)), null);
  const edit = { model: "gpt-image-1", quality: "low", size: "1024x1024", as_of: "2026-01-01" };
  const [bytes, size] = [await imgcost.quote({ ...edit, images: [png] }), await imgcost.quote({ ...edit, images: ["1x1"] })];
  assert.deepEqual(bytes.total, size.total);
});

test("errors tell the field, what is allowed and the nearest", async () => {
  await assert.rejects(imgcost.quote({ model: "gpt-imgae-2" }), { name: "ImgcostError", field: "model", nearest: "gpt-image-2" });
  await assert.rejects(imgcost.quote({ model: "gpt-image-2", qualty: "high" }), { field: "qualty", nearest: "quality" });
  await assert.rejects(imgcost.charge("nonsense", { model: "gpt-image-2" }), { name: "ImgcostError" });
  await assert.rejects(imgcost.quote({ model: "gpt-image-2", n: 1.5 }), { field: "n" });
  await assert.rejects(imgcost.quote({ model: "gpt-image-2", size: { width: 1 } }), { field: "size" });
  await assert.rejects(imgcost.quote("gpt-image-2"), { name: "ImgcostError" });
});

test("models and sources name what quotes cite", () => {
  const { providers } = imgcost.models({ as_of: DAY });
  assert.ok(providers.length >= 20);
  const model = providers.find(({ provider }) => provider === "openai").models.find((one) => one.model === "gpt-image-2");
  assert.deepEqual(model.qualities, ["low", "medium", "high"]);
  const sources = imgcost.sources();
  const quote = imgcost.sync.quote({ model: "gpt-image-2", size: "1024x1024", quality: "low", prompt_tokens: 9, as_of: DAY });
  for (const line of quote.lines) assert.ok(sources[line.source].title && sources[line.rate_source].title);
});

test("a surface has the ceilings of quotes, and no price where a size is refused", () => {
  const request = { model: "gpt-image-2", quality: "high", as_of: DAY };
  const prices = imgcost.surface(request, [1024, 1536], [1000, 1024]);
  assert.ok(Number.isNaN(prices[0]) && Number.isNaN(prices[1]));
  assert.equal(prices[3], Number(imgcost.sync.quote({ ...request, size: "1536x1024" }).total.ceiling));
});

test("what is downloaded is small", () => {
  const size = (name) => {
    const bytes = readFileSync(`${folder}/${name}`);
    return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length;
  };
  const [wasm, vocabulary] = [size("imgcost_bg.wasm"), size("o200k_base.bin")];
  console.log(`by brotli: wasm ${wasm}, vocabulary ${vocabulary} bytes`);
  if (!process.env.IMGCOST_DEV) assert.ok(wasm <= 1_000_000, `${wasm}`);
  assert.ok(vocabulary <= 800_000, `${vocabulary}`);
});
