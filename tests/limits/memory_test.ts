/**
 * What strangers can make a relay hold, over raw sockets and before any token: compared with itself
 * when idle. Bounds are lowered so that breaking one would show. docs/protocol/relay.md §6.
 */
import assert from "node:assert/strict";
import type { RelayLimits } from "../../relay/options.ts";
import { PING, rawFrame, TEXT } from "../ws/raw_socket.ts";
import { type Hostile, HostileWorld } from "./hostile_world.ts";

const MIB = 1024 * 1024;
const MANY = 300;
/** Of what it takes when idle. Each attack sends several times as much. */
const GENEROUS = 3;
/** Nobody is let go because of time: the bound of memory has to hold by itself. */
const PATIENT = {
  headersTimeoutMs: 120_000,
  requestTimeoutMs: 120_000,
  wsAuthMs: 120_000,
  maxConnectionsPerSource: 10_000,
};

async function crowd(
  world: HostileWorld,
  count: number,
  attack: (hostile: Hostile, n: number) => Promise<void>,
): Promise<readonly Hostile[]> {
  const all = Array.from({ length: count }, (_, n) => world.connect(`127.0.0.${10 + n % 20}`));
  await Promise.all(all.map(attack));
  return all;
}

/** Sends bytes until they are out or nobody takes them any more. */
async function push(hostile: Hostile, bytes: Uint8Array): Promise<void> {
  if (hostile.isClosed) return;
  await Promise.race([
    new Promise<void>((resolve) => hostile.socket.write(bytes, () => resolve())),
    hostile.closed(),
  ]);
}

async function opened(world: HostileWorld, hostile: Hostile): Promise<void> {
  await hostile.write(
    `GET /v1/ws HTTP/1.1\r\n${world.host}connection: Upgrade\r\nupgrade: websocket\r\n` +
      "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      "sec-websocket-protocol: wire.v1\r\n\r\n",
  );
  await hostile.says(/^HTTP\/1\.1 101 [^]*\r\n\r\n/);
}

interface Attack {
  readonly name: string;
  readonly limits?: Partial<RelayLimits>;
  /** In the place of GENEROUS. */
  readonly factor?: number;
  run(world: HostileWorld): Promise<void>;
}

const ATTACKS: readonly Attack[] = [
  {
    name: `${MANY} connections that stop in the middle of their headers`,
    async run(world) {
      const head = `GET /healthz HTTP/1.1\r\n${world.host}x: ${"y".repeat(15_000)}`;
      await crowd(world, MANY, (one) => one.write(head));
    },
  },
  {
    name: `${2 * MANY} bodies of almost 2 MiB without a good token`,
    limits: { maxBodyBytesAtOnce: 8 * MIB },
    // What was read and dropped lies there until it is collected, however much more comes; kept bodies
    // would be 600 MiB at once, besides.
    factor: 8,
    async run(world) {
      const head =
        `POST /v1/events/${"0".repeat(32)} HTTP/1.1\r\n${world.host}authorization: Bearer x\r\n` +
        "content-type: application/json\r\ncontent-length: 2000000\r\n\r\n";
      const most = new Uint8Array(1_999_000).fill(0x20);
      for (let wave = 0; wave < 2; wave++) {
        await crowd(world, MANY, async (one) => {
          await one.write(head);
          await push(one, most);
        });
      }
    },
  },
  {
    name: "WebSockets that stop in the middle of a message",
    limits: { maxPartialBytes: 8 * MIB },
    async run(world) {
      const half = rawFrame(TEXT, "x".repeat(MIB)).subarray(0, MIB - 1_000);
      const all = await crowd(world, MANY, async (one) => {
        await opened(world, one);
        await push(one, half);
      });
      // Too many half messages end connections.
      await Promise.race(all.map((one) => one.closed()));
    },
  },
  {
    name: "WebSockets whose refusals nobody reads",
    // What was read lies there until it is collected.
    factor: 4,
    async run(world) {
      const frames = rawFrame(TEXT, '{"op":"nothing"}');
      const many = new Uint8Array(frames.length * 20_000);
      for (let n = 0; n < 20_000; n++) many.set(frames, n * frames.length);
      await crowd(world, 40, async (one) => {
        await opened(world, one);
        one.socket.pause();
        await Promise.race([push(one, many), world.post(await world.slot(), "meanwhile")]);
      });
    },
  },
  {
    name: "WebSockets whose pongs nobody reads",
    async run(world) {
      const ping = rawFrame(PING, "x".repeat(125));
      const many = new Uint8Array(ping.length * 20_000);
      for (let n = 0; n < 20_000; n++) many.set(ping, n * ping.length);
      await crowd(world, 20, async (one) => {
        await opened(world, one);
        one.socket.pause();
        await Promise.race([push(one, many), world.post(await world.slot(), "meanwhile")]);
      });
    },
  },
];

for (const { name, limits, factor = GENEROUS, run } of ATTACKS) {
  Deno.test(`P8: ${name} take no more memory than their bound`, async () => {
    await using world = await HostileWorld.start({ limits: { ...PATIENT, ...limits } });
    const slot = await world.slot();
    await world.post(slot, "before");
    const idle = await world.memory();
    await run(world);
    await world.post(slot, "after");
    const { peak } = await world.memory();
    assert.ok(peak < factor * idle.now, `${peak} bytes, idle ${idle.now}`);
  });
}
