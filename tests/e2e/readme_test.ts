/** The README's two terminals, walked through with the very lines it shows. */
import assert from "node:assert/strict";
import { blocks, wireLines } from "./documents.ts";
import { startOnTerminal } from "./terminal.ts";
import { World } from "./world.ts";

const SHOWN_RELAY = "127.0.0.1:8771";
const SHOWN_CODE = "4821-apple-river-stone";
const CODE = /(\d{4,5}(?:-[a-z]+){3})/;
const DIGITS = /(?<!\d)(\d{3}-\d{3})(?!\d)/;

/** The words of the README's n-th line that runs this command. */
async function lineFinder(): Promise<(command: string, nth?: number) => readonly string[]> {
  const lines = (await blocks(["README.md"])).flatMap(({ lines }) => lines)
    .flatMap(wireLines);
  return (command, nth = 0) =>
    lines.filter(([name]) => name === command)[nth] ??
      assert.fail(`no line ${nth} with ${command}`);
}

Deno.test("lesson 53, P10: the README's walk-through with two terminals works as it is written", async () => {
  const line = await lineFinder();
  await using world = await World.create();
  await using processes = new AsyncDisposableStack();
  const [alice, bob] = [world.home("wire-alice"), world.home("wire-bob")];

  const relayLine = line("relay-server");
  assert.ok(relayLine.includes(SHOWN_RELAY));
  const relay = world.home("relay").start(
    relayLine.map((word) => word === SHOWN_RELAY ? "127.0.0.1:0" : word),
  );
  const [, address = ""] = await relay.line("stderr", /listening on (\S+)/);
  const here = (args: readonly string[], code = SHOWN_CODE): string[] =>
    args.map((word) => word.replace(SHOWN_RELAY, address).replace(SHOWN_CODE, code));

  await alice.ok(here(line("init", 0)));
  const host = processes.use(
    startOnTerminal(here(line("pair-host")), { home: alice.path, columns: 80 }),
  );
  const [, code = ""] = await host.prompt("stdout", CODE);
  await bob.ok(here(line("init", 1)));
  const monitor = bob.start(here(line("monitor")));
  const guest = processes.use(
    startOnTerminal(here(line("pair-join"), code), { home: bob.path, columns: 80 }),
  );
  const [[, left], [, right]] = await Promise.all([
    host.prompt("stdout", DIGITS),
    guest.prompt("stdout", DIGITS),
  ]);
  await Promise.all([host.write(`${right}\n`), guest.write(`${left}\n`)]);
  for (const side of [host, guest]) assert.equal((await side.finished()).code, 0);

  for (const home of [alice, bob]) await home.daemon(line("daemon").slice(1));
  await alice.ok(here(line("send")));
  await monitor.line("stdout", /alice\/claim \(\w{12}\) hello, Bob$/);
});
