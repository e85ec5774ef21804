// The official Node clients before the proxy: every call is booked at what the API bills, to the nano-dollar.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { GoogleGenAI } from '@google/genai';
import OpenAI, { toFile } from 'openai';

const programs = process.env.IMGCOST_PROGRAMS;
const call = { model: 'gpt-image-2', prompt: 'a fox', quality: 'low', size: '1024x1024' };
const running = [];
let folder, ledger, root;

/** Starts a program that says where it listens, and gives that address. */
async function start(program, args, stream) {
  const child = spawn(join(programs, program), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  child[stream === 'stdout' ? 'stderr' : 'stdout'].resume();
  for await (const line of createInterface({ input: child[stream] })) {
    const address = /http:\/\/\S+/.exec(line);
    if (address) {
      child[stream].resume();
      return address[0];
    }
  }
  throw new Error(`${program} did not start`);
}

const proxy = (...args) => start('imgcost-proxy', ['proxy', '--listen', '127.0.0.1:0', ...args], 'stderr');

function command(...args) {
  const text = execFileSync(join(programs, 'imgcost'), [...args, '--ledger', ledger, '--json'], { encoding: 'utf8' });
  return JSON.parse(text);
}

/** What counts against the budget in nano-dollars, and how many calls are open. */
function books(scope = 'team') {
  const [budget] = command('budget', 'show', scope).budgets;
  const [whole, part = ''] = budget.used.split('.');
  return [Number(whole) * 1e9 + Number(part.padEnd(9, '0')), budget.open];
}

async function booked(earlier, bill) {
  for (let tries = 0; books()[1] > 0 && tries < 200; tries += 1) await new Promise((done) => setTimeout(done, 50));
  assert.deepEqual(books(), [earlier + bill, 0]);
}

function bill({ input_tokens_details: input, output_tokens: output }) {
  return input.text_tokens * 5000 + input.image_tokens * 8000 + output * 30000;
}

const client = (options = {}) => new OpenAI({ apiKey: 'sk-own', baseURL: `${root}/v1`, ...options });

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'imgcost-clients-'));
  ledger = join(folder, 'budget.db');
  command('budget', 'set', 'team', '1000');
  command('budget', 'set', 'team/poor', '0.001');
  const fake = await start('imgcost-fake', [], 'stdout');
  root = await proxy('--ledger', ledger, '--budget', 'team', '-p', 'openai', '--upstream', fake);
});

after(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

test('generate', async () => {
  const [earlier] = books();
  const response = await client().images.generate({ ...call, n: 2 });
  assert.equal(response.data.length, 2);
  await booked(earlier, bill(response.usage));
});

test('edit with a file', async () => {
  const [earlier] = books();
  const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const image = await toFile(Buffer.from(pixel, 'base64'), 'a.png', { type: 'image/png' });
  const response = await client().images.edit({ ...call, image });
  await booked(earlier, bill(response.usage));
});

test('stream with partial images', async () => {
  const [earlier] = books();
  const events = [];
  for await (const event of await client().images.generate({ ...call, stream: true, partial_images: 1 })) events.push(event);
  assert.deepEqual(events.map((event) => event.type), ['image_generation.partial_image', 'image_generation.completed']);
  await booked(earlier, bill(events.at(-1).usage));
});

test('a client that goes away in a stream pays all of it', async () => {
  const [earlier] = books();
  const whole = await client().images.generate(call);
  const stream = await client().images.generate({ ...call, stream: true }, { headers: { 'x-fake': 'slow' } });
  stream.controller.abort();
  await booked(earlier, 2 * bill(whole.usage));
});

test('the Responses API', async () => {
  const [earlier] = books();
  const tools = [{ type: 'image_generation', model: 'gpt-image-2', quality: 'low', size: '1024x1024' }];
  const response = await client().responses.create({ model: 'gpt-5.1', input: 'draw a fox', tools });
  const text = response.usage.input_tokens * 1250 + response.usage.output_tokens * 10000;
  await booked(earlier, bill(response.tool_usage.image_gen) + text);
});

test('every try has a hold of its own, and an error reaches the client', async () => {
  const [earlier] = books();
  await assert.rejects(client({ maxRetries: 1 }).images.generate(call, { headers: { 'x-fake': '429' } }), OpenAI.RateLimitError);
  await booked(earlier, 0);
});

test('a refusal is raised at once and not sent again', async () => {
  let sent = 0;
  const fetch = (...args) => {
    sent += 1;
    return globalThis.fetch(...args);
  };
  const headers = { 'x-imgcost-scope': 'poor' };
  await assert.rejects(client({ fetch }).images.generate(call, { headers }), (error) => {
    assert.deepEqual([error.status, error.code, error.type], [402, 'over-budget', 'insufficient_budget']);
    return true;
  });
  assert.equal(sent, 1);
});

test('texts pass unmetered', async () => {
  const [earlier] = books();
  const response = await client().chat.completions.create({ model: 'gpt-5.1', messages: [{ role: 'user', content: 'hi' }] });
  assert.equal(response.choices[0].message.content, 'It is a fake.');
  await booked(earlier, 0);
});

test('Gemini, plain and streamed', async () => {
  const dry = await proxy('--dry-run', '--ledger', 'memory', '--cap', '1000000', '-p', 'gemini', '--upstream', 'https://generativelanguage.googleapis.com');
  const before = await proxy('--ledger', ledger, '--budget', 'team', '-p', 'gemini', '--upstream', dry);
  const { models } = new GoogleGenAI({ apiKey: 'own', httpOptions: { baseUrl: before } });
  const [earlier] = books();
  const asked = { model: 'gemini-2.5-flash-image', contents: 'a fox' };
  const response = await models.generateContent(asked);
  assert.equal(response.candidates[0].content.parts[0].inlineData.mimeType, 'image/png');
  let usage;
  for await (const chunk of await models.generateContentStream(asked)) usage = chunk.usageMetadata;
  const image = usage.candidatesTokensDetails[0].tokenCount;
  const each = usage.promptTokenCount * 300 + (usage.candidatesTokenCount - image) * 2500 + image * 30000;
  await booked(earlier, 2 * each);
});
