/**
 * Servers on real sockets that break HTTP itself: half a body, headers without end, wrong lengths,
 * redirects. Time is fake, so that a deadline of 30 s passes at once.
 */
import assert from "node:assert/strict";
import { RelayClient } from "../../client/relay_client.ts";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { RealNet } from "../../platform/real/net.ts";
import { WireError } from "../../protocol/errors.ts";
import { isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import { WILD_TEXT } from "./hostile_json.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/** A server that says this to whoever connects, and then waits or hangs up. */
class RawServer implements AsyncDisposable {
  readonly url: string;
  /** What clients said, as text. */
  heard = "";
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #done: Promise<void>;

  constructor(
    say: (url: string) => AsyncIterable<string> | Iterable<string>,
    then: "wait" | "hang up",
  ) {
    const { port } = this.#listener.addr;
    this.url = `http://127.0.0.1:${port}`;
    this.#done = this.#serve(say, then);
  }

  async #serve(
    say: (url: string) => AsyncIterable<string> | Iterable<string>,
    then: "wait" | "hang up",
  ): Promise<void> {
    const talks: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.#connections.add(connection);
      talks.push(this.#talk(connection, say(this.url), then));
    }
    await Promise.all(talks);
  }

  async #talk(
    connection: Deno.TcpConn,
    words: AsyncIterable<string> | Iterable<string>,
    then: "wait" | "hang up",
  ): Promise<void> {
    try {
      const buffer = new Uint8Array(16_384);
      const count = await connection.read(buffer) ?? 0;
      this.heard += new TextDecoder().decode(buffer.subarray(0, count));
      for await (const word of words) {
        const bytes = new TextEncoder().encode(word);
        for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
      }
      if (then === "wait") await connection.read(buffer);
    } catch (error) {
      // The client had enough of it and left.
      assert.ok(error instanceof Error);
    } finally {
      this.#close(connection);
    }
  }

  #close(connection: Deno.TcpConn): void {
    if (this.#connections.delete(connection)) connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of [...this.#connections]) this.#close(connection);
    await this.#done;
  }
}

function branded<T extends string>(text: string, is: (value: unknown) => value is T): T {
  assert.ok(is(text));
  return text;
}

const SLOT = branded("5".repeat(32), isSlotId);
const TOKEN = branded("f".repeat(64), isSlotToken);

function* endless(word: string): Generator<string> {
  for (;;) yield word;
}

function* after(first: string, rest: Iterable<string>): Generator<string> {
  yield first;
  yield* rest;
}

interface Case {
  readonly say: (url: string) => Iterable<string>;
  readonly then: "wait" | "hang up";
  /** What the client must find out by itself, or by its deadline. */
  readonly code?: "unreachable" | "relay_garbage" | "relay_status";
}

const CASES: Readonly<Record<string, Case>> = {
  "hangs up without a word": { say: () => [], then: "hang up" },
  "never answers": { say: () => [], then: "wait" },
  "answers in another protocol": { say: () => ["220 mail.test ESMTP\r\n"], then: "hang up" },
  "sends wild text": { say: () => [WILD_TEXT, "\r\n\r\n"], then: "hang up" },
  "stops in its headers": { say: () => [OK + "x-a: b"], then: "hang up" },
  "never ends its headers": {
    say: () => after(OK, endless(`x-a: ${"b".repeat(8_000)}\r\n`)),
    then: "wait",
  },
  "stops in the middle of its body": {
    say: () => [OK + "content-length: 100\r\n\r\n[{}"],
    then: "hang up",
  },
  "stalls in the middle of its body": {
    say: () => [OK + "content-length: 100\r\n\r\n[{}"],
    then: "wait",
  },
  "says more than it announced": {
    say: () => [OK + "content-length: 1\r\n\r\n[{},{}]"],
    then: "hang up",
    code: "relay_garbage",
  },
  "announces a length that is none": {
    say: () => [OK + "content-length: -7\r\n\r\n[]"],
    then: "hang up",
  },
  "announces two lengths": {
    say: () => [OK + "content-length: 2\r\ncontent-length: 9\r\n\r\n[]"],
    then: "hang up",
  },
  "breaks its chunks": {
    say: () => [OK + "transfer-encoding: chunked\r\n\r\n5\r\n[{}\r\nzz\r\n"],
    then: "hang up",
  },
  "never ends its chunks": {
    say: () =>
      after(
        OK + "transfer-encoding: chunked\r\n\r\n",
        endless(`10000\r\n${" ".repeat(65_536)}\r\n`),
      ),
    then: "wait",
    code: "relay_garbage",
  },
  "sends packed data that is none": {
    say: () => [OK + "content-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd"],
    then: "hang up",
  },
  "switches protocols": {
    say: () => ["HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
    then: "hang up",
  },
  "redirects to itself": {
    say: (
      url,
    ) => [
      `HTTP/1.1 307 Again\r\nlocation: ${url}/v1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
    ],
    then: "hang up",
  },
  "redirects to a file": {
    say: () => [
      "HTTP/1.1 302 Found\r\nlocation: file:///etc/passwd\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ],
    then: "hang up",
  },
  "refuses with wild words": {
    say: () => [
      `HTTP/1.1 403 ${
        "no ".repeat(500)
      }\r\ncontent-length: 9\r\nconnection: close\r\n\r\n\u001b[2J\u202e x`,
    ],
    then: "hang up",
    code: "relay_status",
  },
};

for (const [name, { say, then, code }] of Object.entries(CASES)) {
  Deno.test(`P5, P8: a server that ${name}: each call ends in one line`, async () => {
    await using server = new RawServer(say, then);
    using net = new RealNet({ env: new FakeEnv(), warn: () => Promise.resolve() });
    const clock = new FakeClock();
    const url = parseRelayUrl(server.url);
    assert.ok(url !== undefined);
    const client = new RelayClient(url, { net, clock });
    const calls = [
      () => client.listEvents(SLOT, TOKEN, { limit: 10 }),
      () => client.allocate("alice"),
    ];
    for (const call of calls) {
      const failed = await failureOf(call, clock);
      assert.ok(
        ["unreachable", "relay_garbage", "relay_status"].includes(failed.code),
        failed.code,
      );
      if (code !== undefined) assert.equal(failed.code, code, failed.message);
      assert.ok(failed.message.length <= 1_100, String(failed.message.length));
      assert.doesNotMatch(failed.message, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      assert.ok(!`${failed.message}${failed.hint}`.includes(TOKEN));
    }
    assert.equal(
      server.heard.split(TOKEN).length - 1,
      1,
      "only the call with the token sent it, once",
    );
  });
}

/** Time passes when nothing else does. */
async function failureOf(call: () => Promise<unknown>, clock: FakeClock): Promise<WireError> {
  let isOver = false;
  const failing = call().then(
    (value) => assert.fail(`it was answered: ${JSON.stringify(value)?.slice(0, 200)}`),
    (error: unknown) => {
      assert.ok(error instanceof WireError, String(error));
      return error;
    },
  ).finally(() => isOver = true);
  // The real network needs real turns; only who waits for ever gets to the deadline.
  for (let turn = 0; turn < 60 && !isOver; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (!isOver) await clock.advance(30_000);
  return await failing;
}
