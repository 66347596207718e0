/** One tree, one verdict: the gate's random cases are a function of what is tested. */
import assert from "node:assert/strict";
import { treeSeed } from "../../scripts/tree_seed.ts";

/** A repository of its own in which git asks nobody and reads nobody's settings. */
async function repository(directory: string): Promise<(text: string) => Promise<void>> {
  const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null", HOME: directory };
  const git = async (...args: string[]): Promise<void> => {
    const { success, stderr } = await new Deno.Command("git", { args, cwd: directory, env })
      .output();
    assert.ok(success, new TextDecoder().decode(stderr));
  };
  await git("init", "-q");
  return async (text) => {
    await Deno.writeTextFile(`${directory}/file`, text);
    await git("add", "file");
    await git("-c", "user.name=a", "-c", "user.email=a@b.invalid", "commit", "-qm", text);
  };
}

Deno.test("gate: the seed is the tree's, whatever the commit; without a commit there is none", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-seed-" });
  try {
    assert.equal(await treeSeed(directory), undefined);
    const commit = await repository(directory);
    assert.equal(await treeSeed(directory), undefined);
    await commit("one");
    const seed = await treeSeed(directory);
    assert.match(seed ?? "", /^\d{1,10}$/);
    await commit("two");
    assert.notEqual(await treeSeed(directory), seed);
    await commit("one");
    assert.equal(await treeSeed(directory), seed);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("gate: properties draw the cases of WIRE_TEST_SEED, and others without it", async () => {
  const script = `
    await import("./tests/runs.ts");
    const { default: fc } = await import("fast-check");
    console.log(JSON.stringify(fc.sample(fc.string(), 20)));`;
  const cases = async (env: Record<string, string>): Promise<string> => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", "--ext=ts", script],
      cwd: new URL("../../", import.meta.url),
      env: { WIRE_TEST_SEED: "", ...env },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  };
  const [one, again, other, free] = await Promise.all([
    cases({ WIRE_TEST_SEED: "7" }),
    cases({ WIRE_TEST_SEED: "7" }),
    cases({ WIRE_TEST_SEED: "8" }),
    cases({}),
  ]);
  assert.equal(one, again);
  assert.equal(new Set([one, other, free]).size, 3);
});
