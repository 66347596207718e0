import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import {
  RealProcesses,
  type RunningProgram,
  runtimeCommand,
  selfCommand,
  spawnDetached,
} from "./processes.ts";

const LINUX = Deno.build.os === "linux";

Deno.test("processes: this one is alive, and its command line is known", async () => {
  const processes = new RealProcesses();
  assert.equal(processes.pid, Deno.pid);
  assert.ok(await processes.isAlive(Deno.pid));
  if (LINUX) assert.ok((await processes.commandLine(Deno.pid))?.[0]?.includes("deno"));
});

Deno.test("processes: nobody is alive under a pid that is none", async () => {
  const processes = new RealProcesses();
  for (const pid of [0, -1, 1.5, NaN, 2 ** 31 - 1, Number.MAX_SAFE_INTEGER]) {
    assert.ok(!(await processes.isAlive(pid)), `${pid}`);
    assert.equal(await processes.commandLine(pid), undefined);
  }
});

Deno.test({
  name: "lesson 42: a zombie is not alive",
  ignore: !LINUX,
  async fn() {
    // The child ends when its input does: after the shell, which would still ask how it ended,
    // has become a program that never asks.
    const script = "exec 3<&0; cat <&3 >/dev/null & echo $!; exec 3<&-; exec sleep 60";
    const parent = new Deno.Command("/bin/sh", {
      args: ["-c", script],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = parent.stdout.getReader();
    const pid = Number(new TextDecoder().decode((await reader.read()).value));
    const until = async (file: string, text: RegExp) => {
      while (!text.test(await Deno.readTextFile(`/proc/${file}`))) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await until(`${parent.pid}/comm`, /^sleep$/m);
    await parent.stdin.close();
    await until(`${pid}/stat`, /\) Z /);
    const processes = new RealProcesses();
    assert.ok(!(await processes.isAlive(pid)));
    assert.ok(await processes.isAlive(parent.pid));
    parent.kill("SIGKILL");
    await reader.cancel();
    await parent.status;
  },
});

const program = (
  given: Partial<RunningProgram>,
  variables: Readonly<Record<string, string>> = {},
): RunningProgram => ({
  execPath: "/bin/deno",
  mainModule: "file:///w/a%20b/main.ts",
  standalone: false,
  pid: 77,
  get: (name) => variables[name],
  ...given,
});

Deno.test("processes: from source Deno runs the main module again, compiled the program itself", () => {
  assert.deepEqual(selfCommand(program({})), {
    executable: "/bin/deno",
    prefix: ["run", "-A", "--quiet", "--no-prompt", "/w/a b/main.ts"],
    env: {},
  });
  const compiled = program({ execPath: "/bin/wire", standalone: true });
  assert.deepEqual(selfCommand(compiled), { executable: "/bin/wire", prefix: [], env: {} });
});

Deno.test("processes: packages that lie elsewhere are found by whoever starts us from source", () => {
  const elsewhere = program({}, { DENO_DIR: "/var/cache/deno", WIRE_HOME: "/h" });
  assert.deepEqual(selfCommand(elsewhere).env, { DENO_DIR: "/var/cache/deno" });
  assert.deepEqual(selfCommand(program({ standalone: true }, { DENO_DIR: "/x" })).env, {});
});

Deno.test("processes: the launcher that became this process is what others start", () => {
  const launched = program({}, {
    WIRE_LAUNCHER: "/usr/bin/wire",
    WIRE_LAUNCHER_PID: "77",
    DENO_DIR: "/x",
  });
  assert.deepEqual(selfCommand(launched), { executable: "/usr/bin/wire", prefix: [], env: {} });
  assert.equal(runtimeCommand(launched).executable, "/bin/deno", "children need no launcher");
});

Deno.test("lesson 40: another installation's launcher, inherited, is not ours", () => {
  for (const pid of ["78", "", undefined]) {
    const inherited = program({}, {
      WIRE_LAUNCHER: "/usr/bin/wire",
      ...(pid === undefined ? {} : { WIRE_LAUNCHER_PID: pid }),
    });
    assert.equal(selfCommand(inherited).executable, "/bin/deno");
  }
  const relative = program({}, { WIRE_LAUNCHER: "wire", WIRE_LAUNCHER_PID: "77" });
  assert.equal(selfCommand(relative).executable, "/bin/deno");
});

Deno.test("lesson 40: the kernel's mark of a replaced executable is not part of its path", () => {
  const replaced = program({ execPath: "/bin/wire (deleted)", standalone: true });
  assert.equal(selfCommand(replaced).executable, "/bin/wire");
});

Deno.test({
  name: "lesson 17: what is spawned has a session of its own, outlives us, and writes to its log",
  ignore: !LINUX,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "wire-spawn-" });
    try {
      const program = `${directory}/main.ts`;
      const log = `${directory}/it's a.log`;
      const done = `${directory}/done`;
      // Run first: spawns itself with other arguments and ends. Run again: says who it is.
      await Deno.writeTextFile(
        program,
        `import { RealProcesses } from ${JSON.stringify(import.meta.resolve("./processes.ts"))};
if (Deno.args[0] === "child") {
  const stat = await Deno.readTextFile("/proc/self/stat");
  const session = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3];
  console.log(JSON.stringify({ args: Deno.args, pid: Deno.pid, session, set: Deno.env.get("SET") }));
  console.error("to stderr");
  await Deno.writeTextFile(${JSON.stringify(done)}, "");
} else {
  const options = { args: ["child", "$HOME; 'x'"], env: { SET: "yes" }, logFile: Deno.args[0] };
  console.log(await new RealProcesses().spawnSelf(options));
}
`,
      );
      const events = Deno.watchFs(directory);
      const first = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", program, log],
        cwd: "/",
      }).output();
      const pid = Number(new TextDecoder().decode(first.stdout));
      for await (const event of events) if (event.paths.includes(done)) break;
      const [line = "", error] = (await Deno.readTextFile(log)).split("\n");
      assert.deepEqual(JSON.parse(line), {
        args: ["child", "$HOME; 'x'"],
        pid,
        session: String(pid),
        set: "yes",
      });
      assert.equal(error, "to stderr");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test("processes: a command that cannot be started is a WireError that names it", () => {
  const nothing = { executable: "/nonexistent/wire", prefix: [], env: {} };
  assert.throws(() => spawnDetached(nothing, { args: [] }), (error) => {
    assert.ok(error instanceof WireError);
    assert.match(error.message, /^Cannot start "\/nonexistent\/wire" in the background$/);
    return true;
  });
});

Deno.test("processes: signals come until the handler is disposed", async () => {
  const received = Promise.withResolvers<string>();
  const processes = new RealProcesses();
  const awake = setInterval(() => {}, 1_000); // a signal handler alone keeps no program alive
  {
    using _handler = processes.onSignal(["SIGHUP", "SIGTERM"], received.resolve);
    Deno.kill(Deno.pid, "SIGHUP");
    assert.equal(await received.promise, "SIGHUP");
  }
  clearInterval(awake);
});

Deno.test({
  name: "processes: a signal ends a process that is there, and says when there is none",
  ignore: Deno.build.os === "windows",
  async fn() {
    const child = new Deno.Command("/bin/sleep", { args: ["60"] }).spawn();
    const processes = new RealProcesses();
    assert.ok(await processes.signal(child.pid, "SIGTERM"));
    assert.equal((await child.status).signal, "SIGTERM");
    assert.ok(!(await processes.signal(child.pid, "SIGKILL")));
    for (const pid of [0, -1, NaN]) assert.ok(!(await processes.signal(pid, "SIGKILL")), `${pid}`);
  },
});
