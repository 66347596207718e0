/**
 * `deno task demo`: a relay, two agents, a pairing by six digits and a message each way, all
 * through the published commands as separate processes on this machine. It checks each step and
 * exits 1 if one did not happen.
 *
 * Nothing survives it: the children hold a pipe from this process as their standard input and end
 * when it closes (`--exit-with-parent`), so that even `kill -9` leaves none behind.
 */
import { fetchPackages, type Finished, startWire, type WireProcess } from "./wire_process.ts";

const DEADLINE_MS = 60_000;
const CODE = /^\s+(\d{4,5}(?:-[a-z]+){3})$/;
const DIGITS = /(?<!\d)(\d{3}-\d{3})(?!\d)/;

/** Something that the demo promises to show did not happen. */
class DemoFailed extends Error {}

class Stopped extends Error {
  constructor(readonly exitCode: number) {
    super("stopped");
  }
}

interface Agent {
  readonly name: string;
  readonly home: string;
  readonly did: string;
  /** What stands on its screen: each message that arrives. */
  readonly monitor: WireProcess;
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

/** Starts published commands whose life ends with the demo's. */
class Stage {
  readonly #processes: AsyncDisposableStack;

  constructor(processes: AsyncDisposableStack) {
    this.#processes = processes;
  }

  /** A command that goes on until it is told to end. */
  start(args: readonly string[], home: string): WireProcess {
    return this.#processes.use(startWire([...args, "--exit-with-parent"], { home }));
  }

  /** A command that ends by itself, with one JSON line on stdout. */
  async run(args: readonly string[], home: string): Promise<Record<string, unknown>> {
    const child = this.#processes.use(startWire([...args, "--json"], { home }));
    await child.closeStdin();
    return succeeded(`wire ${args[0]}`, await child.finished());
  }
}

/** The demonstration itself; every process it starts goes into `processes`. */
async function demonstrate(directory: string, processes: AsyncDisposableStack): Promise<void> {
  const started = performance.now();
  const stage = new Stage(processes);

  say("wire demo: a relay, two agents, a pairing by six digits, a message each way");
  say();
  const relay = stage.start(
    ["relay-server", "--local-only", "--bind", "127.0.0.1:0", "--data", `${directory}/relay`],
    directory,
  );
  const [, address] = await relay.line("stderr", /listening on (\S+)/);
  const url = `http://${address}`;
  say(`  relay    ${url}, only for this demo`);

  const [alice, bob] = await Promise.all([
    agent("alice", directory, url, stage),
    agent("bob", directory, url, stage),
  ]);
  for (const { name, did } of [alice, bob]) say(`  ${name.padEnd(9)}${did}`);
  const daemons = [alice, bob].map(({ home }) => stage.start(["daemon"], home));
  await Promise.all(daemons.map((daemon) => daemon.line("stderr", /daemon: up/)));

  say();
  await pair(alice, bob, url, stage);
  say();
  say("Messages, each through both daemons and the relay:");
  await message(alice, bob, "Hello Bob, can you hear me?", stage);
  await message(bob, alice, "Loud and clear, Alice.", stage);
  say();
  const seconds = (performance.now() - started) / 1_000;
  say(`Every step above was checked; it took ${seconds.toFixed(1)} s.`);
}

async function agent(name: string, directory: string, url: string, stage: Stage): Promise<Agent> {
  const home = `${directory}/${name}`;
  const made = await stage.run(["init", name, "--relay", url], home);
  // With --replay nothing is missed, however long it takes to start.
  const monitor = stage.start(["monitor", "--json", "--replay", "10"], home);
  return { name, home, did: textOf(made, "did"), monitor };
}

/** Both screens side by side; each side confirms only after the digits were found equal. */
async function pair(alice: Agent, bob: Agent, url: string, stage: Stage): Promise<void> {
  const host = stage.start(["pair-host", "--relay", url, "--timeout", "30"], alice.home);
  const [, code = ""] = await host.line("stderr", CODE);
  say(`Pairing: alice hosts, bob joins with the code ${code}`);
  const guest = stage.start(["pair-join", code, "--relay", url, "--timeout", "30"], bob.home);
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

/** Sends, and waits until it stands on the other side's screen, verified. */
async function message(from: Agent, to: Agent, body: string, stage: Stage): Promise<void> {
  const sent = await stage.run(["send", to.name, body], from.home);
  const returned = performance.now();
  const { input } = await to.monitor.line("stdout", new RegExp(textOf(sent, "event_id")));
  const ms = Math.max(0, performance.now() - returned);
  const event = record(input);
  check(event["verified"] === true, `${to.name} could not verify the message`, input);
  check(event["body_preview"] === body, `${to.name} got another text`, input);
  say(`  ${from.name} → ${to.name}  "${body}"`);
  say(`    signature verified, arrived ${ms.toFixed(0)} ms after \`wire send\` had returned`);
}

function nextSteps(): void {
  say("Its processes have ended and its files are removed.");
  // npm says so in the environment when it started us; then deno is not on the PATH.
  const deno = Deno.env.get("npm_command") === undefined ? "deno" : "npx --yes deno@2.9.6";
  say();
  say("Next, for real (README.md has the walk-through):");
  say(`  ${deno} task wire relay-server --local-only`);
  say(`  ${deno} task wire init alice --relay http://127.0.0.1:8771`);
  say(`  ${deno} task wire pair-host --relay http://127.0.0.1:8771`);
  say("and in another terminal, with another WIRE_HOME:");
  say(`  ${deno} task wire init bob --relay http://127.0.0.1:8771`);
  say(`  ${deno} task wire pair-join CODE --relay http://127.0.0.1:8771`);
}

interface Ends {
  /** Rejects when a person ends the demo. */
  readonly bySignal: Promise<never>;
  /** Rejects after a minute from now. */
  byDeadline(): Promise<never>;
}

function ended(): Ends {
  const { promise: bySignal, reject } = Promise.withResolvers<never>();
  for (const [signal, exitCode] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    if (Deno.build.os === "windows" && signal !== "SIGINT") continue;
    Deno.addSignalListener(signal, () => reject(new Stopped(exitCode)));
  }
  const byDeadline = (): Promise<never> => {
    const { promise, reject } = Promise.withResolvers<never>();
    const late = new DemoFailed(`not done within ${DEADLINE_MS / 1_000} s`);
    setTimeout(() => reject(late), DEADLINE_MS);
    return promise;
  };
  return { bySignal, byDeadline };
}

/** The first time this downloads; it says so, because it may take longer than all the rest. */
async function prepare(): Promise<void> {
  const slow = setTimeout(() => say("fetching packages, this first time only ..."), 1_000);
  try {
    await fetchPackages();
  } finally {
    clearTimeout(slow);
  }
}

async function main(): Promise<number> {
  const processes = new AsyncDisposableStack();
  let directory: string | undefined;
  try {
    const stop = ended();
    await Promise.race([prepare(), stop.bySignal]);
    directory = await Deno.makeTempDir({ prefix: "wire-demo-" });
    await Promise.race([demonstrate(directory, processes), stop.bySignal, stop.byDeadline()]);
    return 0;
  } catch (error) {
    if (error instanceof Stopped) return error.exitCode;
    const why = error instanceof Error ? error.message : String(error);
    Deno.stderr.writeSync(new TextEncoder().encode(`demo failed: ${why}\n`));
    return 1;
  } finally {
    await processes.disposeAsync();
    if (directory !== undefined) await Deno.remove(directory, { recursive: true });
  }
}

const exitCode = await main();
if (exitCode === 0) nextSteps();
Deno.exit(exitCode);
