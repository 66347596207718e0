/** What only real disks and processes can show; the rest is tests/contract/files_contract.ts. */
import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { RealClock } from "./clock.ts";
import { fileProblem } from "./file_problem.ts";
import { RealFiles } from "./files.ts";

const LINUX = Deno.build.os === "linux";
const files = new RealFiles(new RealClock());
const point = { point: "test.write" };

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "wire-real-files-" });
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const failed = (code: string, message: RegExp) => (error: unknown): true => {
  assert.ok(error instanceof WireError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

Deno.test({
  name: "files: a full disk is said in words",
  ignore: !LINUX,
  async fn() {
    await assert.rejects(
      files.append("/dev/full", "x\n", point),
      failed("write_failed", /^Cannot write "\/dev\/full": the disk is full$/),
    );
  },
});

Deno.test({
  name: "files: where nobody may write, the error says so and nothing is left",
  ignore: !LINUX,
  async fn() {
    for (const write of [files.writeAtomic.bind(files), files.createNew.bind(files)]) {
      await assert.rejects(
        write("/proc/wire", "x", point),
        failed("write_failed", /"\/proc\/wire": /),
      );
    }
  },
});

Deno.test("files: the system's errors have words for people", () => {
  const cases: readonly (readonly [Error, string])[] = [
    [new Error("No space left on device (os error 28)"), "the disk is full"],
    [new Error("Disk quota exceeded (os error 122)"), "the disk quota is used up"],
    [new Error("Read-only file system (os error 30): open 'x'"), "the file system is read-only"],
    [new Deno.errors.PermissionDenied("x (os error 13)"), "permission denied"],
    [new Deno.errors.NotFound("x (os error 2)"), "no such file or directory"],
    [new Error("File name too long (os error 36)"), "the name is too long"],
    [new Error("strange\nthing"), "strange thing"],
  ];
  for (const [error, words] of cases) assert.equal(fileProblem(error), words);
});

Deno.test("P5: a secret file is never readable by others, not even for a moment", async () => {
  await inDirectory(async (directory) => {
    const modes = new Set<number>();
    const watcher = Deno.watchFs(directory);
    const watching = (async () => {
      for await (const event of watcher) {
        for (const path of event.paths) {
          const info = await Deno.stat(path).catch(() => undefined);
          if (info?.isFile) modes.add((info.mode ?? 0) & 0o777);
        }
        if (event.paths.some((path) => path.endsWith("/last"))) return;
      }
    })();
    for (let round = 0; round < 20; round++) {
      await files.writeAtomic(`${directory}/key`, `${round}`, point);
    }
    await files.append(`${directory}/last`, "x\n", point);
    await watching;
    if (Deno.build.os !== "windows") assert.deepEqual([...modes], [0o600]);
  });
});

/** A process that runs this code with `files` and `path`; it is there once it has printed a line. */
async function otherProcess(directory: string, code: string): Promise<Deno.ChildProcess> {
  const module = (name: string): string => JSON.stringify(import.meta.resolve(name));
  await Deno.writeTextFile(
    `${directory}/other.ts`,
    `import { RealFiles } from ${module("./files.ts")};
import { RealClock } from ${module("./clock.ts")};
const files = new RealFiles(new RealClock());
const path = Deno.args[0];
${code}
`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${directory}/other.ts`, `${directory}/x.lock`],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return child;
}

Deno.test("lesson 43: a lock held by another process is named, and free when that process is killed", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/x.lock`;
    const child = await otherProcess(
      directory,
      `await files.lock(path, { owner: "the other", deadlineMs: 0 });
console.log("held");
await new Promise((resolve) => setTimeout(resolve, 60_000));`,
    );
    await assert.rejects(
      files.lock(path, { owner: "me", deadlineMs: 20 }),
      failed("locked", new RegExp(`held by the other \\(pid ${child.pid}\\) since `)),
    );
    const waiting = files.lock(path, { owner: "me", deadlineMs: 10_000 });
    child.kill("SIGKILL");
    await using _lock = await waiting;
    assert.match(await files.lockHolder(path) ?? "", /^me \(pid \d+\)/);
    await child.status;
  });
});

Deno.test({
  name: "files: our lock excludes the flock of other programs",
  ignore: !LINUX,
  async fn() {
    await inDirectory(async (directory) => {
      const path = `${directory}/relay.lock`;
      const other = (): Promise<Deno.CommandOutput> =>
        new Deno.Command("flock", { args: ["--nonblock", path, "true"] }).output();
      {
        await using _lock = await files.lock(path, { owner: "me", deadlineMs: 0 });
        assert.equal((await other()).code, 1);
      }
      assert.equal((await other()).code, 0);
    });
  },
});

Deno.test("files: another process that looks who holds a lock makes no taker fail", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/x.lock`;
    await (await files.lock(path, { owner: "me", deadlineMs: 0 })).release();
    const looker = await otherProcess(
      directory,
      `await files.lockHolder(path);
console.log("looking");
for (;;) await files.lockHolder(path);`,
    );
    for (let round = 0; round < 100; round++) {
      await (await files.lock(path, { owner: "me", deadlineMs: 0 })).release();
    }
    looker.kill("SIGKILL");
    await looker.status;
  });
});

Deno.test("files: an owner file cannot put control characters on a terminal", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/x.lock`;
    await using _lock = await files.lock(path, { owner: "me", deadlineMs: 0 });
    await Deno.writeTextFile(`${path}.owner`, "\u001b[31mred\n\u202etext");
    assert.equal(await files.lockHolder(path), "[31mred text");
    await Deno.remove(`${path}.owner`);
    assert.equal(await files.lockHolder(path), "another process that left no name");
  });
});

Deno.test("files: reading does not wake a watch, and changes elsewhere do not either", async () => {
  await inDirectory(async (directory) => {
    await files.ensureDirectory(`${directory}/in`);
    await files.append(`${directory}/in/a`, "x\n", point);
    const controller = new AbortController();
    let woken = 0;
    const watching = (async () => {
      for await (
        const _ of files.watch([`${directory}/in`, `${directory}/later`], controller.signal)
      ) {
        woken++;
        if (await Deno.stat(`${directory}/in/end`).catch(() => undefined)) controller.abort();
        else await files.readText(`${directory}/in/a`);
      }
    })();
    for (let round = 0; round < 20; round++) {
      await files.readText(`${directory}/in/a`);
      await files.writeAtomic(`${directory}/other`, `${round}`, point);
    }
    await files.append(`${directory}/in/end`, "x\n", point);
    await watching;
    assert.ok(woken >= 1 && woken <= 3, `woken ${woken} times by one new file`);
  });
});

Deno.test({
  name: "files: links are followed to where a write belongs, also to nothing yet",
  ignore: !LINUX,
  async fn() {
    await inDirectory(async (directory) => {
      await Deno.mkdir(`${directory}/dotfiles`);
      await Deno.symlink("dotfiles/there.json", `${directory}/settings.json`);
      await Deno.symlink(`${directory}/settings.json`, `${directory}/again.json`);
      assert.equal(
        await files.followLinks(`${directory}/again.json`),
        `${directory}/dotfiles/there.json`,
      );
      await Deno.symlink("b", `${directory}/a`);
      await Deno.symlink("a", `${directory}/b`);
      await assert.rejects(
        files.followLinks(`${directory}/a`),
        failed("unreadable", /too many symbolic links$/),
      );
    });
  },
});

Deno.test({
  name: "files: removing a tree follows no link, inside it or in its place",
  ignore: !LINUX,
  fn: () =>
    inDirectory(async (directory) => {
      await Deno.mkdir(`${directory}/outside`);
      await Deno.writeTextFile(`${directory}/outside/precious`, "x");
      await Deno.mkdir(`${directory}/tree`);
      await Deno.symlink(`${directory}/outside`, `${directory}/tree/link`);
      await Deno.symlink(`${directory}/outside`, `${directory}/top`);
      assert.ok(await files.removeTree(`${directory}/tree`, point));
      await assert.rejects(
        files.removeTree(`${directory}/top`, point),
        failed("write_failed", /it is not a directory$/),
      );
      assert.deepEqual(await files.list(directory), ["outside", "top"]);
      assert.deepEqual(await files.list(`${directory}/outside`), ["precious"]);
    }),
});
