/**
 * The old form with a relay in the middle, all three as processes over real sockets: the attack
 * works, so docs/threat-model.md says that it does, and the identity check is what shows it.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { makeDid } from "../../protocol/identity/did.ts";
import { World } from "../e2e/world.ts";
import { hisKeys } from "./hostile_relay.ts";

const RELAY = fileURLToPath(new URL("./hostile_relay.ts", import.meta.url));

/** A process of the hostile relay. */
class HostileRelay implements AsyncDisposable {
  readonly #child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-prompt", RELAY],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  readonly #lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  readonly #stdin = this.#child.stdin.getWriter();

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
  await using relay = new HostileRelay();
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
