/** Statistics and pages: docs/protocol/relay.md §5.14, §5.15, §5.16 and §9. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import decodeQr from "qr/decode.js";
import { RelayStats } from "../../relay/stats.ts";
import { HistoryRow } from "../../store/stats/history.ts";
import { populate, PROFILES } from "../browser/page_world.ts";
import { RelayWorld } from "./relay_world.ts";

const BROWSER = { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };
const PAGES = ["/", "/phonebook", "/phonebook.html", "/stats.html", "/stats"];

async function invite(world: RelayWorld, uses: number): Promise<string> {
  const body = { invite_url: "wire://pair?v=1&inv=<&'\"", uses };
  const { text } = await world.call("/v1/invite/register", { body });
  return JSON.parse(text).path;
}

Deno.test("pages: each has one heading, landmarks, a title, and a policy without scripts", async () => {
  await using world = new RelayWorld();
  await populate(world.directory);
  const paths = [...PAGES, await invite(world, 1), "/i/0000000000000000"];
  for (const path of paths) {
    const { text, headers } = await world.call(path, BROWSER);
    assert.equal(headers.get("content-type"), "text/html; charset=utf-8", path);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(
      policy,
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; img-src 'self';/,
    );
    const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    assert.ok(policy.includes(hash), `${path}: the style is not the one that the policy allows`);
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    for (const one of [/<h1>/g, /<main /g, /<header /g, /<footer /g, /<title>[^<]+<\/title>/g]) {
      assert.ok(text.match(one)?.length === 1 || one.source.includes("title"), `${path}: ${one}`);
    }
    for (const [tag] of text.matchAll(/<[a-z][^>]*>/gi)) {
      assert.doesNotMatch(tag, /^<script|\son\w+=|\sstyle=|javascript:/i, path);
    }
    assert.match(text, /<html lang="en">/);
  }
});

Deno.test("pages: what strangers wrote stays text, in every type and direction", async () => {
  await using world = new RelayWorld();
  await populate(world.directory);
  const { text } = await world.call("/phonebook", BROWSER);
  assert.match(text, /&lt;script&gt;document\.title=/);
  assert.doesNotMatch(text, /<img|[\u202a-\u202e\u2066-\u2069]|(?!\n)\p{Cc}/u);
  assert.ok(text.length < 60_000, `${text.length} characters`);
  for (const nick of Object.keys(PROFILES)) assert.ok(text.includes(`<bdi>${nick}</bdi>`), nick);
  const filtered = await world.call(`/phonebook?vibe=${encodeURIComponent('"><script>')}`, BROWSER);
  assert.doesNotMatch(filtered.text, /<script/);
  assert.match((await world.call("/phonebook?vibe=CALM", BROWSER)).text, /ada[^]*seamus/);
});

Deno.test("phonebook page: an empty field asks for everybody, and pages follow each other", async () => {
  await using world = new RelayWorld();
  await populate(world.directory);
  const all = await world.call("/phonebook?vibe=", BROWSER);
  assert.match(all.text, /Everybody who is listed/);
  const first = await world.call("/phonebook?limit=2", BROWSER);
  const next = /rel="next" href="([^"]+)"/.exec(first.text.replaceAll(/\s+/g, " "))?.[1] ?? "";
  assert.equal(next, "/phonebook?cursor=bob");
  assert.match((await world.call(next, BROWSER)).text, /<bdi>carol<\/bdi>/);
  assert.equal((await world.call("/phonebook?limit=x", BROWSER)).status, 400);
});

Deno.test("invite page: a browser sees a page with a QR code, and that is no use", async () => {
  await using world = new RelayWorld();
  const path = await invite(world, 1);
  for (let i = 0; i < 3; i++) {
    const { status, text, headers } = await world.call(path, BROWSER);
    assert.equal(status, 200);
    assert.equal(headers.get("cache-control"), "private, no-store, max-age=0");
    assert.equal(headers.get("vary"), "accept");
    assert.match(text, /wire:\/\/pair\?v=1&amp;inv=&lt;&amp;&#39;&quot;/);
    assert.equal(readQr(text), `http://relay.test${path}`);
  }
  assert.match((await world.call(path)).text, /^#!\/bin\/sh\n/);
  const gone = await world.call(path, BROWSER);
  assert.equal(gone.status, 410);
  assert.match(gone.text, /This invite has been used/);
  assert.equal((await world.call(path)).text, "this invite has been used up\n");
  assert.equal((await world.call("/i/abc", BROWSER)).status, 404);
});

Deno.test("invite page: format=url stays the URL for whoever asks, browser or not", async () => {
  await using world = new RelayWorld();
  const path = await invite(world, 1);
  const { text, headers } = await world.call(`${path}?format=url`, BROWSER);
  assert.equal(text, "wire://pair?v=1&inv=<&'\"");
  assert.equal(headers.get("content-type"), "text/plain; charset=utf-8");
});

/** @returns what the page's code says, read back from its modules */
function readQr(page: string): string {
  const size = Number(/<svg viewBox="0 0 (\d+) \d+" role="img"/.exec(page)?.[1]);
  const path = /<path d="([^"]+)" fill="#000"/.exec(page)?.[1] ?? "";
  const scale = 8;
  const data = new Uint8Array((size * scale) ** 2 * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1/g)) {
    for (let dy = 0; dy < scale; dy++) {
      for (let dx = 0; dx < scale; dx++) {
        const at = ((Number(y) * scale + dy) * size * scale + Number(x) * scale + dx) * 4;
        data.fill(0, at, at + 3);
      }
    }
  }
  return decodeQr({ width: size * scale, height: size * scale, data });
}

Deno.test("stats: JSON for programs, a page for browsers; members and types as specified", async () => {
  await using world = new RelayWorld();
  const slot = await world.slot();
  await world.post(slot, '{"event_id":"a"}');
  await world.clock.advance(90_000);
  const { text, headers } = await world.call("/stats.json");
  assert.equal(headers.get("content-type"), "application/json");
  const stats = RelayStats.strict().parse(JSON.parse(text));
  assert.deepEqual(Object.keys(JSON.parse(text)), Object.keys(stats).toSorted());
  assert.deepEqual({ ...stats, version: "" }, {
    events_posted_total: 1,
    handle_claims_total: 0,
    handle_first_claims_total: 0,
    handles_active: 0,
    pair_opens_total: 0,
    pair_slots_open: 0,
    slot_allocations_total: 1,
    slots_active: 1,
    streams_active: 0,
    uptime_seconds: 90,
    version: "",
  });
  assert.equal((await world.call("/stats", { headers: { accept: "*/*" } })).text, text);
  assert.match((await world.call("/stats", BROWSER)).text, /^\s*<!doctype html>/);
});

Deno.test("stats history: a row a minute, hours clamped to a week, members sorted", async () => {
  await using world = new RelayWorld();
  await world.clock.advance(60_000);
  await world.slot();
  await world.clock.advance(60_000);
  await world.clock.advance(21_000); // a reading is kept for 20 s
  const of = async (query: string) => JSON.parse((await world.call(`/stats.history${query}`)).text);
  const day = await of("");
  assert.deepEqual(Object.keys(day), ["count", "entries", "hours", "now_unix"]);
  assert.equal(day.hours, 24);
  assert.equal(day.count, 2);
  const rows = day.entries.map((row: unknown) => HistoryRow.strict().parse(row));
  assert.deepEqual(rows.map((row: HistoryRow) => row.slots_active), [0, 1]);
  assert.deepEqual(Object.keys(day.entries[0]), Object.keys(rows[0]).toSorted());
  assert.equal(rows[1].ts - rows[0].ts, 60);
  assert.equal((await of("?hours=100000")).hours, 168);
  assert.equal((await of("?hours=0")).count, 0);
  for (const wrong of ["-1", "", "x", "1.5"]) {
    assert.equal((await world.call(`/stats.history?hours=${wrong}`)).status, 400, wrong);
  }
});

Deno.test("stats page: plots have words and tables, and say so when there is nothing yet", async () => {
  await using world = new RelayWorld();
  assert.match((await world.call("/stats.html", BROWSER)).text, /Nothing to show yet/);
  await world.clock.advance(60_000);
  await world.clock.advance(60_000);
  await world.clock.advance(21_000);
  const { text } = await world.call("/stats.html?hours=18446744073709551615", BROWSER);
  assert.equal(text.match(/<svg\s+viewBox="0 0 960/g)?.length, 4);
  assert.equal(text.match(/<desc id="\w+-words">[^<]+most \d+ at/g)?.length, 4);
  assert.equal(text.match(/<caption>/g)?.length, 4);
  assert.doesNotMatch(text, /NaN|undefined|Infinity/);
});

Deno.test("--local-only: no pages, no statistics, no phonebook; health, readiness and API stay", async () => {
  await using world = new RelayWorld({}, { isLocalOnly: true });
  const off = [...PAGES, "/stats.json", "/stats.history", "/favicon.svg", "/i/0000000000000000"];
  for (const path of off) {
    const answer = await world.call(path, BROWSER);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.text, "");
  }
  for (const path of ["/healthz", "/readyz"]) assert.equal((await world.call(path)).status, 200);
});

Deno.test("favicon: an image that is loaded from here and runs nothing", async () => {
  await using world = new RelayWorld();
  const { text, headers } = await world.call("/favicon.svg");
  assert.equal(headers.get("content-type"), "image/svg+xml");
  assert.match(text, /^<svg xmlns=/);
  assert.doesNotMatch(text, /<script/);
});
