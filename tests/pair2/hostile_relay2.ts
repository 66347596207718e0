/**
 * A relay as a process of its own that stands in the middle of pairings of the form pair/2, and is
 * even told the words: it seats each victim in a meeting of its own, where he is the other side, and
 * follows the protocol toward both. Everything else it does honestly. It reads the code as a line of
 * stdin; prints its URL first, and `ready` when both meetings stand. Ends when stdin does.
 */
import { createContext } from "../../client/context.ts";
import { pairConfirm } from "../../client/operations/pair_confirm.ts";
import { tickPairings } from "../../client/pairing/both_forms.ts";
import { queuePair2 } from "../../client/pair2/detached2.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { realPlatform } from "../../platform/real.ts";
import { isHandle, parseRelayUrl, type RelayUrl } from "../../protocol/ids.ts";
import { parsePair2Code } from "../../protocol/pair2/code.ts";
import type { Side } from "../../protocol/pair2/side.ts";
import { createRelay, type Relay } from "../../relay/relay.ts";
import { RELAY_LIMITS } from "../../relay/options.ts";
import { MemoryDirectory } from "../../store/directory/memory_directory.ts";
import { MemorySlotStore } from "../../store/slots/memory_slot_store.ts";

interface World {
  readonly clock: Clock;
  readonly random: Random;
}

async function print(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

function honest({ clock, random }: World): Relay {
  return createRelay({
    platform: { ...fakePlatform({}), clock, random },
    store: new MemorySlotStore({ ...RELAY_LIMITS, clock }),
    directory: new MemoryDirectory(RELAY_LIMITS),
  });
}

const from = { remoteAddress: "127.0.0.1" };

/** Where the guest is seated: its meeting has the number that the host's has. */
class SecondRoom {
  readonly #relay: Relay;
  readonly #pairIds = new Set<string>();
  readonly #shown: string;
  #real = "";

  constructor(relay: Relay, nameplate: string) {
    this.#relay = relay;
    this.#shown = nameplate;
  }

  has = (pairId: string): boolean => this.#pairIds.has(pairId);

  async answer(request: Request): Promise<Response> {
    const renamed = new URL(request.url);
    if (renamed.pathname === `/v1/pair2/${this.#shown}`) {
      renamed.pathname = `/v1/pair2/${this.#real}`;
    }
    const answer = await this.#relay.fetch(new Request(renamed, request), from);
    if (answer.status !== 201) return answer;
    const seat = await answer.json();
    if (seat.nameplate === undefined) return Response.json(seat, { status: 201 });
    this.#real = seat.nameplate;
    this.#pairIds.add(seat.pair_id);
    return Response.json({ ...seat, nameplate: this.#shown }, { status: 201 });
  }
}

/** He, as the other side of one victim. */
async function sit(
  side: Side,
  { url, code, world, answer }: {
    readonly url: RelayUrl;
    readonly code: string;
    readonly world: World;
    answer(request: Request): Promise<Response>;
  },
): Promise<() => Promise<void>> {
  const { nameplate, words } = parsePair2Code(code);
  const variables = { WIRE_HOME: `/${side}`, WIRE_MCP_SKIP_AUTO_UP: "1" };
  const platform = fakePlatform({
    ...world,
    env: new FakeEnv({ variables }),
    net: new FakeNet().serve(url, answer),
  });
  const context = createContext(platform, { warn: () => {} });
  // Under the name of the one in whose place he is.
  const handle = side === "host" ? "alice" : "bob";
  if (!isHandle(handle)) throw new TypeError(handle);
  await context.home.createIdentity({ handle });
  const begin = side === "host"
    ? { side, relayUrl: url, words }
    : { side, relayUrl: url, words, nameplate };
  const { signal } = new AbortController();
  await queuePair2(context, begin, signal);
  return async () => {
    await tickPairings(context, signal);
    const [record] = await context.home.pair2.list();
    if (record?.state.tag !== "comparing") return;
    await pairConfirm.run(context, { code: nameplate, digits: record.state.sas });
  };
}

if (import.meta.main) {
  using platform = realPlatform();
  const { clock, random } = platform;
  const world = { clock, random };
  const rooms = { first: honest(world), second: honest(world) };
  let second: SecondRoom | undefined;
  const first = (request: Request) => rooms.first.fetch(request, from);
  const listening = Promise.withResolvers<RelayUrl>();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => {
      const url = parseRelayUrl(`http://127.0.0.1:${port}`);
      if (url !== undefined) listening.resolve(url);
    },
  }, async (request) => {
    const [, , , place = ""] = new URL(request.url).pathname.split("/");
    const isGuest = request.method === "POST" && /^\d{4,5}$/.test(place);
    return second !== undefined && (isGuest || second.has(place))
      ? await second.answer(request)
      : await first(request);
  });
  const url = await listening.promise;
  await print(url);
  const ended = new AbortController();
  let playing = Promise.resolve();
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const code = chunk.trim();
    if (code === "") continue;
    const room = new SecondRoom(rooms.second, parsePair2Code(code).nameplate);
    const towardGuest = (request: Request) => room.answer(request);
    const players = [
      await sit("guest", { url, code, world, answer: first }),
      await sit("host", { url, code, world, answer: towardGuest }),
    ];
    second = room;
    await print("ready");
    playing = (async () => {
      while (!ended.signal.aborted) {
        for (const play of players) await play();
        await clock.sleep(100);
      }
    })();
  }
  ended.abort();
  await playing;
  await server.shutdown();
  await Promise.all([rooms.first.close(), rooms.second.close()]);
  Deno.exit(0); // deadlines of his own calls are still running
}
