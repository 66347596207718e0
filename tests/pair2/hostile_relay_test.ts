/**
 * Pairings with a relay in the middle, all three as processes over real sockets. Against the old form
 * the attack works, so docs/threat-model.md says that it does, and the identity check is what shows
 * it; against pair/2 the digits do, even if the relay knows the words.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { makeDid } from "../../protocol/identity/did.ts";
import { World } from "../e2e/world.ts";
import { hisKeys } from "./hostile_relay.ts";

/** A process of a hostile relay. */
class HostileRelay implements AsyncDisposable {
  readonly #child;
  readonly #lines;
  readonly #stdin;

  constructor(program: "hostile_relay.ts" | "hostile_relay2.ts") {
    const file = fileURLToPath(new URL(`./${program}`, import.meta.url));
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-prompt", file],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#stdin = this.#child.stdin.getWriter();
  }

  async line(): Promise<string> {
    const { value } = await this.#lines.read();
    assert.ok(value !== undefined, "the hostile relay goes on");
    return value.trim();
  }

  async tell(code: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${code}\n`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close();
    await this.#child.status;
    await this.#lines.cancel();
  }
}

const DIGITS = /(?<!\d)(\d{3}-\d{3})(?!\d)/;

Deno.test("T2: through a hostile relay the old form pairs both with the man in the middle", async () => {
  await using world = await World.create();
  await using relay = new HostileRelay("hostile_relay.ts");
  const url = await relay.line();
  const host = await world.agent("alice", url);
  const guest = await world.agent("bob", url);
  await using hosting = host.start(["pair-host", "--compat", "--relay", url, "--timeout", "30"]);
  const [, code = ""] = await hosting.line("stderr", /^\s+(\d\d-[A-Z2-7]{6})$/);
  await relay.tell(code);
  await using joining = guest.start(["pair-join", code, "--relay", url, "--timeout", "30"]);
  const [[, left], [, right]] = await Promise.all([
    hosting.line("stderr", DIGITS),
    joining.line("stderr", DIGITS),
  ]);
  assert.equal(left, right, "the operators compare, and see nothing");
  assert.ok(Number(await relay.line()) < 10_000);
  await Promise.all([hosting.write("y\n"), joining.write("y\n")]);
  const [hosted, joined] = await Promise.all([hosting.finished(), joining.finished()]);
  assert.equal(hosted.code, 0, hosted.stderr);
  assert.equal(joined.code, 0, joined.stderr);
  const atHost = JSON.parse(hosted.stdout);
  const atGuest = JSON.parse(joined.stdout);
  assert.equal(atHost.paired_with, makeDid("bob", hisKeys("host").publicKey));
  assert.equal(atGuest.paired_with, makeDid("alice", hisKeys("guest").publicKey));
  assert.notEqual(atHost.identity_check, atGuest.identity_check, "but this gives him away");
});

Deno.test("T2: through a hostile relay that knows the words, pair/2 shows the operators other digits", async () => {
  await using world = await World.create();
  await using relay = new HostileRelay("hostile_relay2.ts");
  const url = await relay.line();
  const host = await world.agent("alice", url);
  const guest = await world.agent("bob", url);
  await using hosting = host.start(["pair-host", "--relay", url, "--timeout", "30"]);
  const [, code = ""] = await hosting.line("stderr", /^\s+(\d{4,5}(?:-[a-z]+){3})$/);
  await relay.tell(code);
  assert.equal(await relay.line(), "ready");
  await using joining = guest.start(["pair-join", code, "--relay", url, "--timeout", "30"]);
  const [[, left], [, right]] = await Promise.all([
    hosting.line("stderr", DIGITS),
    joining.line("stderr", DIGITS),
  ]);
  assert.notEqual(left, right, "one chance in a million, and it was not this one");
  await Promise.all([hosting.write("n\n"), joining.write("n\n")]);
  for (const process of [hosting, joining]) {
    const { code, stderr } = await process.finished();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /somebody may have tried to guess the words/);
  }
  for (const home of [host, guest]) assert.deepEqual(await home.list(["peers"]), []);
});
