/** What a packed wire must be able to do: a relay, two people, an invite, a message. */
import assert from "node:assert/strict";

export interface Packed {
  /** The executable that people call. */
  readonly wire: string;
  /** PATH of its process: where there is no Deno. */
  readonly path: string;
  /** Everything below it is the test's. */
  readonly directory: string;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const decoder = new TextDecoder();

const environment = ({ path, directory }: Packed, home: string): Record<string, string> => ({
  PATH: path,
  HOME: `${directory}/${home}`,
  TMPDIR: directory,
});

/** Runs it in a home of that name, with nothing else in its environment. */
export async function runPacked(
  packed: Packed,
  home: string,
  args: readonly string[],
): Promise<Ran> {
  const { code, stdout, stderr } = await command(packed, home, args).output();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

const command = (packed: Packed, home: string, args: readonly string[]): Deno.Command =>
  new Deno.Command(packed.wire, {
    args: [...args],
    env: environment(packed, home),
    clearEnv: true,
    cwd: packed.directory,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });

/** The same, and it must succeed. @returns what it printed, as JSON */
async function done(packed: Packed, home: string, ...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runPacked(packed, home, [...args, "--json"]);
  assert.equal(code, 0, `wire ${args.join(" ")}: ${stderr}`);
  return stdout.trim() === "" ? undefined : JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** From two empty homes to a message that was read. */
export async function assertTwoCanTalk(packed: Packed): Promise<void> {
  for (const home of ["relay", "alice", "bob"]) {
    await Deno.mkdir(`${packed.directory}/${home}`, { recursive: true });
  }
  await using relay = await startRelay(packed);
  await done(packed, "alice", "init", "alice", "--relay", relay.url);
  await done(packed, "bob", "init", "bob", "--relay", relay.url);
  const invite = await runPacked(packed, "alice", ["invite"]);
  assert.equal(invite.code, 0, invite.stderr);
  await done(packed, "bob", "accept", invite.stdout.trim());
  await done(packed, "alice", "pull");
  await done(packed, "alice", "send", "bob", "packed and unpacked");
  await done(packed, "alice", "push");
  await done(packed, "bob", "pull");
  const { stdout } = await runPacked(packed, "bob", ["tail"]);
  assert.match(stdout, /packed and unpacked/);
}

interface Relay extends AsyncDisposable {
  readonly url: string;
}

/** The launcher has become the relay: the signal reaches it, and its exit code is seen. */
async function startRelay(packed: Packed): Promise<Relay> {
  const child = command(packed, "relay", [
    "relay-server",
    "--bind=127.0.0.1:0",
    "--log=json",
  ]).spawn();
  const { pid } = child;
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes('"message":"listening"')) {
    const { done, value } = await lines.read();
    assert.ok(!done, `the relay has ended: ${text}`);
    text += value;
  }
  const url = /"relay_url":"(http:[^"]+)"/.exec(text)?.[1];
  assert.ok(url !== undefined, text);
  return {
    url,
    async [Symbol.asyncDispose]() {
      Deno.kill(pid, "SIGTERM");
      while (!(await lines.read()).done);
      await child.stdout.cancel();
      assert.equal((await child.status).code, 0);
    },
  };
}
