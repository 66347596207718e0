/** The reader finds what 0.5.19 would stumble over, or never have written: else its silence says nothing. */
import assert from "node:assert/strict";
import type { ReferenceHome } from "../interop/reference/home.ts";
import { writePid } from "../interop/reference/daemon.ts";
import { mint } from "../interop/reference/strangers.ts";
import { queue } from "../interop/reference/pairing.ts";
import { OldHomes, snapshot } from "./old_home.ts";
import { differences } from "./strict_reader.ts";

interface Defect {
  readonly finds: RegExp;
  plant(home: ReferenceHome): Promise<unknown>;
}

const rewritten = (path: string, change: (text: string) => string): Promise<void> =>
  Deno.readTextFile(path).then((text) => {
    const changed = change(text);
    assert.notEqual(changed, text, path);
    return Deno.writeTextFile(path, changed);
  });

const first = async (directory: string): Promise<string> => {
  for await (const { name } of Deno.readDir(directory)) return `${directory}/${name}`;
  return assert.fail(directory);
};

const DEFECTS: readonly Defect[] = [
  {
    finds: /^trust\.json: not as pretty-printed, sorted JSON$/,
    plant: ({ config }) => rewritten(`${config}/trust.json`, (text) => `${text}\n`),
  },
  {
    finds: /^relay\.json: bob has no slot_token$/,
    plant: ({ config }) =>
      rewritten(
        `${config}/relay.json`,
        (text) => text.replace(/("bob": \{[^}]*),\s*"slot_token": "[0-9a-f]*"/, "$1"),
      ),
  },
  {
    finds: /^agent-card\.json: signature did not verify$/,
    plant: ({ config }) =>
      rewritten(`${config}/agent-card.json`, (text) => text.replace("Alice", "Alicf")),
  },
  {
    finds: /^config\/private\.key: mode 644$/,
    plant: ({ config }) => Deno.chmod(`${config}/private.key`, 0o644),
  },
  {
    finds: /^config: mode 755$/,
    plant: ({ config }) => Deno.chmod(config, 0o755),
  },
  {
    finds: /^private\.key: length$/,
    plant: ({ config }) => Deno.writeTextFile(`${config}/private.key`, "x".repeat(33)),
  },
  {
    finds:
      /^outbox\/bob\.jsonl: missing field: public_key_id$|^outbox\/bob\.jsonl: missing field: from$/,
    plant: ({ state }) =>
      Deno.writeTextFile(`${state}/outbox/bob.jsonl`, '{"body":1,"kind":1}\n', { append: true }),
  },
  {
    finds: /^outbox\/bob\.jsonl: event_id mismatch/,
    plant: ({ state }) =>
      rewritten(`${state}/outbox/bob.jsonl`, (text) => text.replace('"one"', '"two"')),
  },
  {
    finds: /^inbox\/bob\.jsonl: its search would miss a line$/,
    plant: ({ state }) =>
      rewritten(`${state}/inbox/bob.jsonl`, (text) => text.replace('"event_id":', '"event_id": ')),
  },
  {
    finds: /^inbox\/bob\.jsonl: no line end at the end$/,
    plant: ({ state }) => rewritten(`${state}/inbox/bob.jsonl`, (text) => text.trimEnd()),
  },
  {
    finds: /^outbox\/\.bob\.tmp: what 0\.5\.19 knows nothing of$/,
    plant: ({ state }) => Deno.writeTextFile(`${state}/outbox/.bob.tmp`, ""),
  },
  {
    finds: /^pending-pair\/\.x\.json\.tmp: what 0\.5\.19 knows nothing of$/,
    plant: ({ state }) => Deno.writeTextFile(`${state}/pending-pair/.x.json.tmp`, "{}"),
  },
  {
    finds: /^pending-pair\/\S+: order /,
    plant: async ({ state }) =>
      rewritten(await first(`${state}/pending-pair`), (text) => {
        const { code, ...rest } = JSON.parse(text);
        return JSON.stringify({ ...rest, code }, null, 2);
      }),
  },
  {
    finds: /^pending-invites\/\S+: no exp$/,
    plant: async ({ state }) =>
      rewritten(
        await first(`${state}/pending-invites`),
        (text) => text.replace('"exp"', '"expires"'),
      ),
  },
  {
    finds: /^[0-9a-f]{64}\.json: uses_remaining$/,
    plant: async ({ state }) =>
      rewritten(
        await first(`${state}/pending-invites`),
        (text) => text.replace('"uses_remaining": 1', '"uses_remaining": 0'),
      ),
  },
  {
    finds: /^pending-inbound-pairs\/x\.json: no peer_handle/,
    async plant({ state }) {
      await Deno.mkdir(`${state}/pending-inbound-pairs`);
      await Deno.writeTextFile(`${state}/pending-inbound-pairs/x.json`, "{}");
    },
  },
  {
    finds: /^daemon\.pid: order pid/,
    plant: ({ state }) =>
      rewritten(`${state}/daemon.pid`, (text) => {
        const { schema, ...rest } = JSON.parse(text);
        return JSON.stringify({ ...rest, schema }, null, 2);
      }),
  },
  {
    finds: /^daemon\.pid: corrupt: no version$/,
    plant: ({ state }) =>
      rewritten(`${state}/daemon.pid`, (text) => text.replace('"version"', '"v"')),
  },
  {
    finds: /^notify\.cursor: not a compact object of offsets$/,
    plant: ({ state }) => Deno.writeTextFile(`${state}/notify.cursor`, '{"bob": 1}'),
  },
  {
    finds: /^diag\.jsonl: \{"type":"pull"\}$/,
    plant: ({ state }) => Deno.writeTextFile(`${state}/diag.jsonl`, '{"type":"pull"}\n'),
  },
  {
    finds: /^registry\.json: no by_cwd$/,
    async plant({ path }) {
      await Deno.mkdir(`${path}/sessions`);
      await Deno.writeTextFile(`${path}/sessions/registry.json`, "{}");
    },
  },
];

Deno.test("the strict reader finds every defect that is planted, and nothing in a home of 0.5.19", async () => {
  await using homes = await OldHomes.create("a 0.5.19 relay");
  const { alice, relayUrl } = homes;
  await writePid(alice, 1);
  await mint(alice);
  await queue(alice, "host", relayUrl);
  assert.deepEqual(await differences(alice), []);
  const whole = await snapshot(alice.path);
  for (const { finds, plant } of DEFECTS) {
    await plant(alice);
    const found = await differences(alice);
    assert.ok(found.some((line) => finds.test(line)), `${finds} not in ${found.join("; ")}`);
    await restore(alice, whole);
    assert.deepEqual(await differences(alice), [], `after ${finds}`);
  }
});

async function restore(home: ReferenceHome, whole: Record<string, string>): Promise<void> {
  for (const path of Object.keys(await snapshot(home.path))) {
    if (!Object.hasOwn(whole, path)) await Deno.remove(path);
  }
  for (const [path, bytes] of Object.entries(whole)) {
    await Deno.writeFile(path, Uint8Array.fromBase64(bytes));
  }
  await Deno.chmod(home.config, 0o700);
  await Deno.chmod(`${home.config}/private.key`, 0o600);
}
