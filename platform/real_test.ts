import assert from "node:assert/strict";
import { realPlatform } from "./real.ts";

interface ModuleGraph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier: string };
    }[];
  }[];
}

/** Everything that importing the module loads at once, dynamic imports left out. */
async function loadedWith(module: URL): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", module.pathname],
    env: { NO_COLOR: "1" },
  }).output();
  const graph: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
  const loaded = new Set<string>(graph.roots);
  for (const specifier of loaded) { // grows while we walk it
    const found = graph.modules.find((candidate) => candidate.specifier === specifier);
    for (const { isDynamic, code } of found?.dependencies ?? []) {
      if (!isDynamic && code !== undefined) loaded.add(code.specifier);
    }
  }
  return [...loaded];
}

Deno.test("real platform: it loads no TLS, HTTP or package before it is needed", async () => {
  const loaded = await loadedWith(new URL("real.ts", import.meta.url));
  assert.ok(loaded.some((specifier) => specifier.endsWith("/platform/real/net.ts")));
  const heavy = loaded.filter((specifier) => !specifier.startsWith("file:"));
  assert.deepEqual(heavy, ["node:path"]);
});

Deno.test("real platform: every part is there and works", async () => {
  using platform = realPlatform();
  assert.ok(platform.clock.now() > Date.UTC(2025, 0));
  assert.equal(platform.random.bytes(3).length, 3);
  assert.match(await platform.files.readText(import.meta.filename ?? "") ?? "", /^import assert/);
  assert.equal(platform.env.currentDirectory, Deno.cwd());
  assert.equal(platform.env.hostname, Deno.hostname());
  assert.equal(platform.env.homeDirectory, Deno.env.get("HOME"));
  assert.equal(platform.env.os, Deno.build.os);
  assert.equal(platform.processes.pid, Deno.pid);
  assert.equal(platform.terminal.stdout.isTerminal, Deno.stdout.isTerminal());
  platform.log.debug("silent unless WIRE_LOG is set");
});
