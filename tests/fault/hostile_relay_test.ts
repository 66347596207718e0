/**
 * A relay that answers anything: every command ends in one line with its exit code, gives away no
 * token, changes nothing it should not, and once the relay is well again all mail arrives once.
 */
import assert from "node:assert/strict";
import { RECEIPT_TYPE } from "../../protocol/delivery/receipts.ts";
import fc from "fast-check";
import { EXIT_CODE } from "../../cli/exit_code.ts";
import { RelayClient } from "../../client/relay_client.ts";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { WireError } from "../../protocol/errors.ts";
import { isCodeHash, isPairId, isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import { testRuns } from "../runs.ts";
import { CONFIG, DamagedHome, fullHome, STATE } from "./hostile_home.ts";
import { nearly } from "./hostile_json.ts";
import { HostileRelay, type Spoil } from "./hostile_relay.ts";
import { answer, ELSEWHERE, SPOILS } from "./hostile_replies.ts";
import { assertDecent, assertOneLineError, loadEverything } from "./hostile_run.ts";
import { RELAY_URL } from "./mail_world.ts";

await loadEverything();
const full = await fullHome();

function branded<T extends string>(text: string, is: (value: unknown) => value is T): T {
  assert.ok(is(text));
  return text;
}

const TOKEN = branded("f".repeat(64), isSlotToken);
const SLOT = branded("5".repeat(32), isSlotId);
const PAIR = branded("7".repeat(32), isPairId);
const HASH = branded("9".repeat(64), isCodeHash);

const everyCall = (relay: RelayClient): Readonly<Record<string, () => Promise<unknown>>> => ({
  health: () => relay.health(),
  info: () => relay.info(),
  allocate: () => relay.allocate("alice"),
  post: () => relay.postEvent(SLOT, TOKEN, "{}"),
  list: () => relay.listEvents(SLOT, TOKEN, { limit: 1_000 }),
  state: () => relay.slotState(SLOT, TOKEN),
  stream: () => Array.fromAsync(relay.stream(SLOT, TOKEN, new AbortController().signal)),
  pairOpen: () => relay.pairOpen(HASH, "host", { msg: "bXNn" }),
  pairGet: () => relay.pairGet(PAIR, "guest"),
  pairBootstrap: () => relay.pairBootstrap(PAIR, "host", { sealed: "c2VhbGVk" }),
  pairAbandon: () => relay.pairAbandon(HASH),
});

function spoiledClient(spoil: Spoil) {
  const relay = new HostileRelay();
  relay.spoil = spoil;
  const net = new FakeNet().serve(RELAY_URL, relay.handle);
  const url = parseRelayUrl(RELAY_URL);
  assert.ok(url !== undefined);
  return { net, client: new RelayClient(url, { net, clock: new FakeClock() }) };
}

for (const [name, spoil] of Object.entries(SPOILS)) {
  Deno.test(`P5, P8: ${name}: every call is answered, or fails in one bounded line without a secret`, async () => {
    const { net, client } = spoiledClient(spoil);
    for (const [call, make] of Object.entries(everyCall(client))) {
      try {
        await make();
      } catch (error) {
        assert.ok(error instanceof WireError, `${call}: ${error}`);
        assert.ok(
          ["unreachable", "relay_status", "relay_garbage"].includes(error.code),
          error.code,
        );
        assert.equal(EXIT_CODE[error.code], 1);
        assert.ok(error.message.length <= 400, `${call}: ${error.message.length}`);
        assert.doesNotMatch(error.message, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, call);
        assert.ok(!`${error.message}${error.hint}`.includes(TOKEN), `${call}: ${error.message}`);
      }
    }
    for (const { url, headers } of net.requests) {
      if (url.startsWith(RELAY_URL)) continue;
      assert.ok(url.startsWith(ELSEWHERE) && headers.get("authorization") === null, url);
    }
  });
}

const { code, sas } = full;
const COMMANDS: readonly (readonly string[])[] = [
  ["push"],
  ["pull"],
  ["send", "bob", "claim", "something new"],
  ["status", "--peer", "bob"],
  ["daemon", "--once"],
  ["bind-relay", RELAY_URL, "--migrate-pinned"],
  ["rotate-slot"],
  ["pair-abandon", code, "--relay", RELAY_URL],
  ["pair-cancel", code],
  ["pair-confirm", code, sas],
  ["pair-host", "--compat", "--relay", RELAY_URL, "--timeout", "2"],
];

/** What no relay may change, whatever it says. */
const FIXED = ["private.key", "agent-card.json", "trust.json", "config.toml"];

async function assertHomeStands(home: DamagedHome): Promise<void> {
  const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
  for (const name of FIXED) {
    const path = `${CONFIG}/${name}`;
    assert.deepEqual(await home.disk.readBytes(path), full.contents.get(path), name);
  }
  const path = `${CONFIG}/relay.json`;
  const [before, after] = [full.contents.get(path), await home.disk.readBytes(path)]
    .map((bytes) => JSON.parse(textOf(bytes)));
  assert.deepEqual(after.peers, before.peers);
  const { last_pulled_event_id: _before, ...mailbox } = before.self;
  const { last_pulled_event_id: cursor, ...same } = after.self;
  if (same.slot_id === mailbox.slot_id) assert.deepEqual(same, mailbox);
  assert.match(cursor ?? "0".repeat(64), /^[0-9a-f]{64}$/);
  for (const file of [`${STATE}/inbox/bob.jsonl`, `${STATE}/delivery/bob.jsonl`]) {
    const now = textOf(await home.disk.readBytes(file));
    assert.ok(now.startsWith(textOf(full.contents.get(file))), `${file} lost lines`);
  }
}

/** Of messages: what else goes between the two is no mail of anybody's. */
const bodiesIn = (texts: readonly string[]): unknown[] =>
  texts.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line))
    .filter(({ type }) => type !== RECEIPT_TYPE).map(({ body }) => body);

/** Once the relay answers as it should: everything that was queued and waiting, once each. */
async function assertAllMailOnce(home: DamagedHome): Promise<void> {
  home.relay.spoil = undefined;
  home.relay.isDeaf = false;
  for (const command of ["push", "pull"]) {
    const ran = await home.run([command]);
    assert.equal(ran.exitCode, 0, ran.stderr);
  }
  const inbox = home.disk.texts()[`${STATE}/inbox/bob.jsonl`] ?? "";
  assert.deepEqual(bodiesIn(inbox.split("\n")), [...full.received, ...full.waiting]);
  const { peers } = JSON.parse(home.disk.texts()[`${CONFIG}/relay.json`] ?? "");
  const posted = bodiesIn(home.relay.mail.texts(peers.bob.slot_id));
  for (const body of full.queued) {
    assert.equal(posted.filter((other) => other === body).length, 1, `${body} of ${posted}`);
  }
}

interface Trial {
  readonly args: readonly string[];
  readonly spoil: Spoil;
  readonly isDeaf: boolean;
}

/** @returns the home, after the relay's bad time */
async function tryCommand({ args, spoil, isDeaf }: Trial): Promise<DamagedHome> {
  const home = await DamagedHome.of(full, "");
  home.relay.spoil = spoil;
  home.relay.isDeaf = isDeaf;
  const ran = await home.run(args, { stdin: "n\n" });
  assertDecent(ran, full.secrets);
  assert.ok(ran.exitCode === 0 || ran.exitCode === 1, `${ran.line}: exit ${ran.exitCode}`);
  if (ran.exitCode === 1) assertOneLineError(ran);
  await assertHomeStands(home);
  return home;
}

/** A new mailbox does not hold what waited in the old one. */
const isMoved = (home: DamagedHome): boolean =>
  mailboxIn(home.disk.texts()) !== mailboxIn(Object.fromEntries(
    full.contents.entries().map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]),
  ));

const mailboxIn = (texts: Readonly<Record<string, string>>): unknown =>
  JSON.parse(texts[`${CONFIG}/relay.json`] ?? "{}").self?.slot_id;

for (const args of COMMANDS) {
  const shown = args.slice(0, 2).join(" ").replace(code, "<code>");
  Deno.test(`P1, P3: wire ${shown} under every bad answer: one line, and all mail arrives once when the relay is well`, async () => {
    for (const [name, spoil] of Object.entries(SPOILS)) {
      for (const isDeaf of [true, false]) {
        try {
          const home = await tryCommand({ args, spoil, isDeaf });
          if (!isMoved(home)) await assertAllMailOnce(home);
        } catch (cause) {
          throw new Error(`${name}, ${isDeaf ? "not done" : "done and answered badly"}`, { cause });
        }
      }
    }
  });
}

Deno.test("P1, P3: answers that are nearly right: the same holds", async () => {
  const spoiled = fc.record({
    args: fc.constantFrom(...COMMANDS),
    path: fc.constantFrom(/./, /healthz/, /\/v1\/events/, /state/, /pair/, /allocate/),
    seed: fc.nat(),
    isDeaf: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(spoiled, async ({ args, path, seed, isDeaf }) => {
      let turn = 0;
      const spoil: Spoil = async (request, good) => {
        const text = good.status === 204 ? "" : await good.text();
        const isOther = !path.test(request.url) || !/^[[{]/.test(text);
        if (isOther) return answer(text, good.status);
        const [body = ""] = fc.sample(nearly(text), { seed: seed + turn++, numRuns: 1 });
        return new Response(body, { status: good.status });
      };
      const home = await tryCommand({ args, spoil, isDeaf });
      if (!isMoved(home)) await assertAllMailOnce(home);
    }),
    { numRuns: testRuns(250) },
  );
});
