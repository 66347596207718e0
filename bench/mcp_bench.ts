/**
 * The tool server of an agent's host, as a process on standard streams: how soon it tells of a message
 * that has arrived at the daemon, and how soon it is gone when its host closes its input.
 */
import { outstanding } from "../tests/mcp/outstanding.ts";
import type { RawClient } from "../tests/mcp/raw_client.ts";
import { toolServer } from "../tests/mcp/tool_server.ts";
import { pairHomes } from "../tests/e2e/pairing.ts";
import { type Home, type Relay, World } from "../tests/e2e/world.ts";
import type { Bench, Figure } from "./figure.ts";
import { quantile } from "./measure.ts";
import { stampingProxy } from "./stamping_proxy.ts";

const MESSAGES = 200;
const WARM_UP = 5;
/** A relay lets one source join few pairings in a row. */
const ENDINGS = 5;
/** Of the promise: pushed within it, of arrival at the daemon. */
const PUSHED_MS = 100;
/** Of the promise: gone within it, of the end of input. */
const GONE_MS = 1_000;

export const mcpBench: Bench = {
  name: "tool server",
  run: async () => [...await pushes(), ...await endings()],
};

async function pushes(): Promise<readonly Figure[]> {
  await using world = await World.create();
  await using proxy = await stampingProxy(await relayForProxies(world));
  const alice = await world.agent("alice", proxy.url);
  const bob = await world.agent("bob", proxy.url);
  await pairHomes(alice, bob, proxy.url);
  for (const home of [alice, bob]) await home.daemon();
  const uri = "wire://inbox/alice";
  const { client: sender } = await toolServer(alice);
  const { client } = await toolServer(bob);
  await client.request("resources/subscribe", { uri });
  const taken: number[] = [];
  for (let n = -WARM_UP; n < MESSAGES; n++) {
    const body = `message ${n} of the bench`;
    const arrived = proxy.said(body);
    client.heard.length = 0;
    const told = client.until(({ method }) => method === "notifications/resources/updated")
      .then(() => performance.now());
    await sender.value("wire_send", { peer: "bob", kind: "claim", body });
    const [from, to] = await Promise.all([arrived, told]);
    if (n >= 0) taken.push(to - from);
  }
  const conditions =
    `from the relay's frame at the daemon's socket to the notification read from the ` +
    `tool server's stdout; daemon, relay, client on one machine; ${MESSAGES} messages one at a time`;
  return ([[0.5, "p50"], [0.99, "p99"]] as const).map(([share, label]) => ({
    name: `mcp: arrived at the daemon → updated, ${label}`,
    value: quantile(taken, share),
    unit: "ms",
    conditions,
    budget: { max: PUSHED_MS },
  }));
}

/** One that answers under another port, too. @returns `host:port` */
async function relayForProxies(world: World): Promise<string> {
  const data = `${world.directory}/relay`;
  const bound = ["--local-only", "--bind", "127.0.0.1:0", "--allow-host", "127.0.0.1"];
  const process = world.home("relay-home").start(["relay-server", ...bound, "--data", data]);
  const [, address = ""] = await process.line("stderr", /listening on (\S+)/);
  return address;
}

const WAITING = "a wire_wait, a pairing alone and one half confirmed wait";

async function endings(): Promise<readonly Figure[]> {
  return [
    await ending("idle", "nothing asked", async () => {}),
    await ending("busy", WAITING, async ({ client, guest, relay }) => {
      await outstanding(client, guest, relay.url);
    }),
    await ending("relay hangs", `${WAITING}, the relay is stopped`, async (scene) => {
      const { client, guest, relay } = scene;
      relay.process.kill("SIGCONT");
      await outstanding(client, guest, relay.url);
      relay.process.kill("SIGSTOP");
    }),
  ];
}

interface Scene {
  readonly client: RawClient;
  readonly guest: Home;
  readonly relay: Relay;
}

async function ending(
  name: string,
  busy: string,
  begin: (scene: Scene) => Promise<void>,
): Promise<Figure> {
  await using world = await World.create();
  const relay = await world.relay();
  const host = await world.agent("ann", relay.url);
  const guest = await world.agent("bob", relay.url);
  let longest = 0;
  for (let round = 0; round < ENDINGS; round++) {
    const { client, process } = await toolServer(host);
    await begin({ client, guest, relay });
    const start = performance.now();
    await process.closeStdin();
    await process.finished();
    longest = Math.max(longest, performance.now() - start);
  }
  return {
    name: `mcp: input closed → process gone, ${name}`,
    value: longest,
    unit: "ms",
    conditions: `the slowest of ${ENDINGS}; ${busy}`,
    budget: { max: GONE_MS },
  };
}
