/**
 * A relay as a process of its own that attacks: its argument is the attack, as JSON. Prints its URL
 * first, then a line for each that it is told on stdin, with the attempts of its search so far. Ends when
 * stdin does.
 */
import { fakePlatform } from "../../../platform/fake/platform.ts";
import { realPlatform } from "../../../platform/real.ts";
import { parseRelayUrl, type RelayUrl } from "../../../protocol/ids.ts";
import { RELAY_LIMITS } from "../../../relay/options.ts";
import { createRelay } from "../../../relay/relay.ts";
import { MemoryDirectory } from "../../../store/directory/memory_directory.ts";
import { MemorySlotStore } from "../../../store/slots/memory_slot_store.ts";
import { isAttack } from "./attacks.ts";
import { HostileMeeting, Told } from "./meeting.ts";

async function print(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

using platform = realPlatform();
const { clock, random } = platform;
const relay = createRelay({
  platform: { ...fakePlatform({}), clock, random },
  store: new MemorySlotStore({ ...RELAY_LIMITS, clock }),
  directory: new MemoryDirectory(RELAY_LIMITS),
});
const attack: unknown = JSON.parse(Deno.args[0] ?? "");
if (!isAttack(attack)) throw new TypeError(`expected an attack, got ${Deno.args[0]}`);
const inner = (request: Request) => relay.fetch(request, { remoteAddress: "127.0.0.1" });
const listening = Promise.withResolvers<RelayUrl>();
const meeting = listening.promise.then((url) => HostileMeeting.create(url, attack, inner));
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => {
    const url = parseRelayUrl(`http://127.0.0.1:${port}`);
    if (url !== undefined) listening.resolve(url);
  },
}, async (request) => await (await meeting).answer(request));
const him = await meeting;
await print(await listening.promise);
let text = "";
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  text += chunk;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    if (line !== "") him.tell(Told.parse(JSON.parse(line)));
    await print(String(him.attempts));
  }
}
await server.shutdown();
await relay.close();
