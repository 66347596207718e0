/** The first five minutes: the demo does what it says, and leaves nothing behind however it ends. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { wireEnv, WireProcess } from "../../scripts/wire_process.ts";

const DEMO = fileURLToPath(new URL("../../scripts/demo.ts", import.meta.url));

/** The demo in a directory of its own, so that whatever it leaves can be seen. */
class DemoRun implements AsyncDisposable {
  readonly process: WireProcess;

  constructor(readonly directory: string, env: Readonly<Record<string, string>>) {
    this.process = new WireProcess(
      "demo",
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", DEMO],
        env: { ...wireEnv({ home: directory }), TMPDIR: directory, ...env },
        clearEnv: true,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<DemoRun> {
    return new DemoRun(await Deno.makeTempDir({ prefix: "wire-demo-test-" }), env);
  }

  /** What lies in its temporary directory. */
  leftFiles(): string[] {
    return [...Deno.readDirSync(this.directory)].map(({ name }) => name)
      .filter((name) => name.startsWith("wire-demo-"));
  }

  /** Processes whose command line names its temporary directory, or whose WIRE_HOME lies in it. */
  async leftProcesses(): Promise<string[]> {
    const found: string[] = [];
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name) || Number(name) === this.process.pid) continue;
      const environment = await readProcess(`/proc/${name}/environ`);
      if (environment.includes(this.directory)) {
        found.push((await readProcess(`/proc/${name}/cmdline`)).replaceAll("\0", " "));
      }
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await Deno.remove(this.directory, { recursive: true });
  }
}

async function readProcess(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return ""; // it ended while we looked
  }
}

/** Children end by themselves once their standard input closed: asked again until they have. */
async function untilNoneLeft(demo: DemoRun): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const left = await demo.leftProcesses();
    if (left.length === 0) return;
    assert.ok(Date.now() < deadline, `still running: ${left.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test("P10: the demo pairs two agents and passes a message each way, at 80 columns", async () => {
  await using demo = await DemoRun.start();
  const { code, stdout, stderr } = await demo.process.finished();
  assert.equal(code, 0, stdout + stderr);
  assert.equal(stderr, "");
  const [, left, right] = /^ +(\d{3}-\d{3}) +(\d{3}-\d{3})$/m.exec(stdout) ?? assert.fail(stdout);
  assert.equal(left, right);
  assert.match(stdout, /alice → bob/);
  assert.match(stdout, /bob → alice/);
  assert.equal(stdout.match(/signature verified, arrived \d+ ms after/g)?.length, 2);
  assert.match(stdout, /task wire pair-host/);
  for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
  assert.deepEqual(demo.leftFiles(), []);
  assert.deepEqual(await demo.leftProcesses(), []);
});

Deno.test("P2: a demo whose steps cannot be done says so and exits 1", async () => {
  await using demo = await DemoRun.start({ TMPDIR: "/nowhere" });
  const { code, stderr } = await demo.process.finished();
  assert.equal(code, 1);
  assert.match(stderr, /^demo failed: /);
});

for (const [signal, exitCode] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`P10: the demo cleans up after itself on ${signal}`, async () => {
    await using demo = await DemoRun.start();
    await demo.process.line("stdout", /Pairing/);
    assert.ok((await demo.leftProcesses()).length >= 3);
    demo.process.kill(signal);
    const { code } = await demo.process.finished();
    assert.equal(code, exitCode);
    assert.deepEqual(demo.leftFiles(), []);
    assert.deepEqual(await demo.leftProcesses(), []);
  });
}

Deno.test("P10: no child of the demo outlives it when it is killed", async () => {
  await using demo = await DemoRun.start();
  await demo.process.line("stdout", /Pairing/);
  assert.ok((await demo.leftProcesses()).length >= 3);
  demo.process.kill("SIGKILL");
  await untilNoneLeft(demo);
});
