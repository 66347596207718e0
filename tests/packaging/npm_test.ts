/** The npm package as somebody installs it: from the tarball, into an empty prefix. */
import assert from "node:assert/strict";
import path from "node:path";
import { VERSION } from "../../protocol/version.ts";
import { pack } from "../../scripts/pack/main.ts";
import { assertTwoCanTalk, runPacked } from "./conversation.ts";

const npm = await npmSettings();

Deno.test({
  name: "packaging: the npm package installs into an empty prefix, and two people talk with it",
  ignore: npm === undefined,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "wire-npm-test-" });
    try {
      const output = path.join(directory, "dist");
      const made = await pack({ kinds: ["npm"], targets: [], output, compression: 1 });
      const tarball = made.find((file) => file.endsWith(".tgz")) ?? "";
      const prefix = path.join(directory, "prefix");
      await install(tarball, prefix, directory);
      const wire = path.join(prefix, "bin", "wire");
      assert.match(await Deno.readTextFile(wire), /^#!\/bin\/sh\n/);
      const packed = { wire, path: "/usr/bin:/bin", directory };
      const version = await runPacked(packed, "nobody", ["--version", "--json"]);
      assert.equal(JSON.parse(version.stdout).version, VERSION);
      const linked = { ...packed, wire: path.join(directory, "w") };
      await Deno.symlink("prefix/bin/wire", linked.wire);
      assert.equal((await runPacked(linked, "nobody", ["--version"])).stdout, `wire ${VERSION}\n`);
      await assertTwoCanTalk(packed);
      await Deno.remove(path.join(prefix, "lib/node_modules/@wire/wire/node_modules"), {
        recursive: true,
      });
      const alone = await runPacked(packed, "nobody", ["--version"]);
      assert.equal(alone.code, 1);
      assert.match(alone.stderr, /^error: Cannot start wire: .*npm install -g @wire\/wire\n$/);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

interface NpmSettings {
  readonly cache: string;
  readonly userconfig: string;
}

/** As the caller's npm has them: where it gets packages from and keeps them. */
async function npmSettings(): Promise<NpmSettings | undefined> {
  try {
    const ask = async (name: string): Promise<string> => {
      const { stdout } = await new Deno.Command("npm", { args: ["config", "get", name] }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    return { cache: await ask("cache"), userconfig: await ask("userconfig") };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined; // no npm here
    throw error;
  }
}

async function install(tarball: string, prefix: string, home: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("npm", {
    args: ["install", "--global", "--prefix", prefix, "--prefer-offline", tarball],
    env: {
      HOME: home,
      npm_config_cache: npm?.cache ?? "",
      npm_config_userconfig: npm?.userconfig ?? "",
      npm_config_audit: "false",
      npm_config_fund: "false",
    },
    cwd: home,
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
