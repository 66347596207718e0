import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { RealPrograms } from "./programs.ts";

const programs = new RealPrograms();
const SH = Deno.build.os !== "windows";

Deno.test({
  name: "programs: what it wrote and how it ended",
  ignore: !SH,
  async fn() {
    const ended = await programs.run("sh", ["-c", "echo out; echo err >&2; exit 3"], {
      deadlineMs: 20_000,
    });
    assert.deepEqual(ended, { code: 3, stdout: "out\n", stderr: "err\n" });
  },
});

Deno.test("programs: one that is not there is told from one that failed", async () => {
  assert.equal(await programs.run("wire-no-such-program", [], { deadlineMs: 20_000 }), undefined);
});

Deno.test({
  name: "lesson 43: a program that hangs is killed at its deadline",
  ignore: !SH,
  async fn() {
    await assert.rejects(
      programs.run("sh", ["-c", "exec sleep 60"], { deadlineMs: 50 }),
      (error) => error instanceof WireError && error.code === "timed_out",
    );
  },
});

Deno.test({
  name: "P8: of endless output the first 64 KiB are kept",
  ignore: !SH,
  async fn() {
    const ended = await programs.run("sh", ["-c", "head -c 200000 /dev/zero | tr '\\0' x"], {
      deadlineMs: 20_000,
    });
    assert.equal(ended?.stdout.length, 65_536);
  },
});
