import assert from "node:assert/strict";
import { fakePlatform } from "../platform/fake/platform.ts";
import { WireError } from "../protocol/errors.ts";
import { openStores } from "./open_stores.ts";
import { RELAY_LIMITS } from "./options.ts";

for (const kvUrl of ["/tmp/relay.kv", "relay.kv", "file:///tmp/relay.kv", "http://", ""]) {
  Deno.test(`open stores: ${JSON.stringify(kvUrl)} is no KV server, and no file is made of it`, async () => {
    const options = { bind: "127.0.0.1:0", localOnly: false, kvUrl };
    await assert.rejects(
      openStores(options, RELAY_LIMITS, fakePlatform()),
      (error) =>
        error instanceof WireError && error.code === "usage" &&
        error.message.endsWith("expected http:// or https://"),
    );
  });
}
