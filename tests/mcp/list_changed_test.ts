/** After whatever adds or removes a peer, the list of resources is told to have changed (docs/protocol/mcp.md §7). */
import assert from "node:assert/strict";
import { RELAY, run } from "../../client/fake/world.ts";
import { forgetPeer } from "../../client/operations/forget_peer.ts";
import { pull } from "../../client/operations/pull.ts";
import { grantingWorld } from "../grants/granting_world.ts";
import { RelayWorld } from "../relay/relay_world.ts";
import { served } from "./mcp_world.ts";
import type { RawClient } from "./raw_client.ts";

const isListChanged = ({ method }: { readonly method?: string | undefined }): boolean =>
  method === "notifications/resources/list_changed";

/** The tool's own client hears of it before it has the answer. */
async function toldBefore(client: RawClient, name: string, args: Record<string, unknown>) {
  client.heard.length = 0;
  const value = await client.value(name, args);
  const [told, answered] = [isListChanged, ({ result }: { result?: unknown }) => result]
    .map((fits) => client.heard.findIndex(fits));
  assert.ok(told !== undefined && answered !== undefined && told !== -1 && told < answered, name);
  return Object(value);
}

/** Told of what somebody else did. */
async function toldAfter(client: RawClient, work: () => Promise<unknown>): Promise<void> {
  client.heard.length = 0;
  await work();
  await client.until(isListChanged);
}

Deno.test("mcp: add, accept, invite and forget each change the list of resources, and each side is told", async () => {
  await using relay = new RelayWorld();
  const [ida, bob] = [await grantingWorld("ida", relay), await grantingWorld("bob", relay)];
  await using first = await served({ platform: ida.platform, handle: "ida" });
  await using second = await served({ platform: bob.platform, handle: "bob" });
  for (const { client } of [first, second]) await client.open();
  await second.client.value("wire_claim", { nick: "bob", relay_url: RELAY });
  await toldBefore(first.client, "wire_add", { handle: "bob@r.example", relay_url: RELAY });
  await run(pull, bob, {});
  await toldBefore(second.client, "wire_pair_accept", { peer: "ida" });
  await run(pull, ida, {});
  await toldAfter(first.client, () => run(forgetPeer, ida, { handle: "bob" }));
  await toldAfter(second.client, () => run(forgetPeer, bob, { handle: "ida" }));
  const { invite_url: url } = Object(await first.client.value("wire_invite_mint"));
  await toldBefore(second.client, "wire_invite_accept", { url });
  await toldAfter(first.client, () => run(pull, ida, {}));
  const { resources } = Object(await first.client.request("resources/list"));
  const uris = resources.map(({ uri }: { readonly uri: string }) => uri);
  assert.deepEqual(uris, ["wire://inbox/all", "wire://pending-pair/all", "wire://inbox/bob"]);
});
