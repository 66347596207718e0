/**
 * `deno task demo`: a relay, two agents, a pairing by six digits and a message each way, all
 * through the published commands as separate processes on this machine. It checks each step and
 * exits 1 if one did not happen.
 *
 * Nothing survives it: the children hold a pipe from this process as their standard input and end
 * when it closes (`--exit-with-parent`), so that even `kill -9` leaves none behind.
 */
import { type Finished, runWire, startWire, type WireProcess } from "./wire_process.ts";

const DEADLINE_MS = 60_000;
const CODE = /^\s+(\d\d-[A-Z2-7]{6})$/;
const DIGITS = /\b(\d{3}-\d{3})\b/;

/** Something that the demo promises to show did not happen. */
class DemoFailed extends Error {}

interface Agent {
  readonly name: string;
  readonly home: string;
  readonly did: string;
}

function say(line = ""): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

function check(happened: boolean, what: string, evidence = ""): asserts happened {
  if (!happened) throw new DemoFailed(evidence === "" ? what : `${what}: ${evidence.trim()}`);
}

function textOf(record: Record<string, unknown>, name: string): string {
  const value = record[name];
  check(typeof value === "string", `no "${name}" in ${JSON.stringify(record)}`);
  return value;
}

function record(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  check(typeof value === "object" && value !== null, `expected a JSON object, got ${line}`);
  return { ...value };
}

function succeeded(what: string, { code, stdout, stderr }: Finished): Record<string, unknown> {
  check(code === 0, `${what} exited ${code}`, stderr);
  return record(stdout);
}

type Start = (args: readonly string[], home: string) => WireProcess;

/** The demonstration itself; every process it starts goes into `processes`. */
async function demonstrate(directory: string, processes: AsyncDisposableStack): Promise<void> {
  const started = performance.now();
  const start: Start = (args, home) =>
    processes.use(startWire([...args, "--exit-with-parent"], { home }));

  say("wire demo: a relay, two agents, a pairing by six digits, a message each way");
  say();
  const relay = start(
    ["relay-server", "--local-only", "--bind", "127.0.0.1:0", "--data", `${directory}/relay`],
    directory,
  );
  const [, address] = await relay.line("stderr", /listening on (\S+)/);
  const url = `http://${address}`;
  say(`  relay    ${url}, only for this demo`);

  const [alice, bob] = await Promise.all([
    agent("alice", directory, url),
    agent("bob", directory, url),
  ]);
  for (const { name, did } of [alice, bob]) say(`  ${name.padEnd(9)}${did}`);
  const daemons = [alice, bob].map(({ home }) => start(["daemon"], home));
  await Promise.all(daemons.map((daemon) => daemon.line("stderr", /daemon/)));

  say();
  await pair(alice, bob, url, start);
  say();
  say("Messages, each through both daemons and the relay:");
  await message(alice, bob, "Hello Bob, can you hear me?", start);
  await message(bob, alice, "Loud and clear, Alice.", start);
  say();
  const seconds = (performance.now() - started) / 1_000;
  say(`Every step above was checked; ${seconds.toFixed(1)} s. Nothing of it is left behind.`);
}

async function agent(name: string, directory: string, url: string): Promise<Agent> {
  const home = `${directory}/${name}`;
  const made = succeeded(
    `init ${name}`,
    await runWire(["init", name, "--relay", url, "--json"], { home }),
  );
  return { name, home, did: textOf(made, "did") };
}

/** Both screens side by side; each side confirms only after the digits were found equal. */
async function pair(alice: Agent, bob: Agent, url: string, start: Start): Promise<void> {
  const host = start(["pair-host", "--relay", url, "--timeout", "30"], alice.home);
  const [, code = ""] = await host.line("stderr", CODE);
  say(`Pairing: alice hosts, bob joins with the code ${code}`);
  const guest = start(["pair-join", code, "--relay", url, "--timeout", "30"], bob.home);
  const [[, left = ""], [, right = ""]] = await Promise.all([
    host.line("stderr", DIGITS),
    guest.line("stderr", DIGITS),
  ]);
  say("  alice's screen      bob's screen");
  say(`     ${left}           ${right}`);
  check(left === right, "the digits differ");
  say("  equal, so each confirms what the other one reads out");
  await Promise.all([host.write("y\n"), guest.write("y\n")]);
  const [hosted, joined] = await Promise.all([host.finished(), guest.finished()]);
  const ofAlice = succeeded("pair-host", hosted);
  const ofBob = succeeded("pair-join", joined);
  check(textOf(ofAlice, "paired_with") === bob.did, "alice is paired with somebody else");
  check(textOf(ofBob, "paired_with") === alice.did, "bob is paired with somebody else");
  say(`  paired: alice pinned ${bob.did}, bob pinned ${alice.did}`);
}

async function message(from: Agent, to: Agent, body: string, start: Start): Promise<void> {
  await using monitor = start(["monitor", "--json"], to.home);
  await monitor.line("stderr", /watching/);
  const began = performance.now();
  const sent = succeeded(
    `send by ${from.name}`,
    await runWire(["send", to.name, body, "--json"], { home: from.home }),
  );
  const returned = performance.now();
  const [line] = await monitor.line("stdout", new RegExp(textOf(sent, "event_id")));
  const arrived = performance.now();
  const event = record(line.slice(0));
  say(`  ${from.name} → ${to.name}: ${JSON.stringify(event["body_preview"])}`);
}
