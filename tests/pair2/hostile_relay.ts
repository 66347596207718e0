/**
 * A relay as a process of its own that stands in the middle of pairings of the old form, as
 * docs/protocol/pairing.md §6.3 says it can. Everything else it does honestly. It reads the code as a
 * line of stdin, in place of the offline search that gives it from the hash; prints its URL first, and
 * the number of attempts when both victims are caught. Ends when stdin does.
 */
import { makeCard } from "../../protocol/identity/card.ts";
import { keyPairFromSeed } from "../../protocol/identity/keys.ts";
import {
  isHandle,
  isSlotId,
  isSlotToken,
  parseRelayUrl,
  type RelayUrl,
} from "../../protocol/ids.ts";
import { bootstrapKey, bootstrapPlaintext, seal } from "../../protocol/pairing/bootstrap.ts";
import { codeHash, parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import { sasDigits } from "../../protocol/pairing/sas.ts";
import { PairOpenRequest } from "../../protocol/schemas/relay_api.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { realPlatform } from "../../platform/real.ts";
import { createRelay } from "../../relay/relay.ts";
import { RELAY_LIMITS } from "../../relay/options.ts";
import { MemoryDirectory } from "../../store/directory/memory_directory.ts";
import { MemorySlotStore } from "../../store/slots/memory_slot_store.ts";
import { bytesFor } from "./adversary.ts";
import { findTwins, tries, type Try } from "./middle_man.ts";

type Role = "host" | "guest";

async function print(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

const PAIR_ID = "0".repeat(32);
/** Whose name he shows to the victim of that role. */
const SHOWN_NAME: Readonly<Record<Role, string>> = { host: "bob", guest: "alice" };

export const hisKeys = (victim: Role): ReturnType<typeof keyPairFromSeed> =>
  keyPairFromSeed(bytesFor(`his key toward the ${victim}`, 32));

function middle(url: RelayUrl, inner: (request: Request) => Promise<Response>) {
  const seen = new Map<Role, Uint8Array>();
  const answers = new Map<Role, { peer_msg: string; peer_bootstrap: string }>();
  let code: string | undefined;

  async function caught(): Promise<void> {
    const host = seen.get("host");
    const guest = seen.get("guest");
    if (code === undefined || host === undefined || guest === undefined) return;
    if (answers.size > 0) return;
    const phrase = parseCodePhrase(code);
    const hash = codeHash(phrase);
    const encoder = new TextEncoder();
    const known = { password: encoder.encode(phrase), identity: encoder.encode(hash) };
    const digits = ({ key }: Try) => sasDigits(key);
    const twins = findTwins(
      { tries: tries(known, host), digits },
      { tries: tries(known, guest), digits },
    );
    const toward = { host: twins.towardHost, guest: twins.towardGuest };
    for (const role of ["host", "guest"] as const) {
      const { key, message } = toward[role];
      const sealed = seal(bootstrapKey(key, hash), bytesFor(role, 12), await bootstrapFor(role));
      answers.set(role, { peer_msg: message.toBase64(), peer_bootstrap: sealed.toBase64() });
    }
    await print(String(twins.attempts));
  }

  /** His own card under the name of the other victim, and a mailbox of his. */
  async function bootstrapFor(victim: Role): Promise<Uint8Array> {
    const request = new Request(`${url}/v1/slot/allocate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    const { slot_id: slotId, slot_token: slotToken } = await (await inner(request)).json();
    const handle = SHOWN_NAME[victim];
    if (!isHandle(handle) || !isSlotId(slotId) || !isSlotToken(slotToken)) {
      throw new Error("expected a mailbox");
    }
    const card = makeCard({ handle, keys: hisKeys(victim) });
    return bootstrapPlaintext(card, { relayUrl: url, slotId, slotToken });
  }

  return {
    async learn(phrase: string): Promise<void> {
      code = phrase;
      await caught();
    },
    async answer(request: Request): Promise<Response> {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/v1/pair") {
        const { role, msg } = PairOpenRequest.parse(await request.json());
        if (role === "host" || role === "guest") seen.set(role, Uint8Array.fromBase64(msg));
        await caught();
        return Response.json({ pair_id: PAIR_ID }, { status: 201 });
      }
      if (pathname === `/v1/pair/${PAIR_ID}`) {
        const role = searchParams.get("as_role") === "host" ? "host" : "guest";
        return Response.json(answers.get(role) ?? { peer_msg: null, peer_bootstrap: null });
      }
      if (pathname === `/v1/pair/${PAIR_ID}/bootstrap`) {
        return Response.json({ ok: true }, { status: 201 });
      }
      return await inner(request);
    },
  };
}

if (import.meta.main) {
  using platform = realPlatform();
  const { clock, random } = platform;
  const relay = createRelay({
    platform: { ...fakePlatform({}), clock, random },
    store: new MemorySlotStore({ ...RELAY_LIMITS, clock }),
    directory: new MemoryDirectory(RELAY_LIMITS),
  });
  const inner = (request: Request) => relay.fetch(request, { remoteAddress: "127.0.0.1" });
  const listening = Promise.withResolvers<RelayUrl>();
  const him = listening.promise.then((url) => middle(url, inner));
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => {
      const url = parseRelayUrl(`http://127.0.0.1:${port}`);
      if (url !== undefined) listening.resolve(url);
    },
  }, async (request) => await (await him).answer(request));
  await print(await listening.promise);
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    if (chunk.trim() !== "") await (await him).learn(chunk.trim());
  }
  await server.shutdown();
  await relay.close();
}
