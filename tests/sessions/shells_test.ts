/** What `wire session env` prints, read by the shells of this machine. */
import assert from "node:assert/strict";
import { exportLine } from "../../client/sessions/shell_export.ts";
import { wireCommand, wireEnv } from "../../scripts/wire_process.ts";
import { World } from "../e2e/world.ts";

const HOMES: readonly string[] = [
  "/home/u/.local/state/wire/sessions/my-app",
  "/tmp/two words",
  "/tmp/it's",
  "/tmp/'quoted'",
  '/tmp/"double"',
  "/tmp/$HOME$(touch x)`id`${PATH}",
  "/tmp/back\\slash\\\\two\\'",
  "/tmp/~x*?[a]{b,c}",
  "/tmp/!bang #hash;&|<>()",
  "/tmp/a:b=c%d^e",
  "/tmp/-x",
  "/tmp/\u00e9\u{1f600}",
];
const SHELLS = ["sh", "bash", "dash", "zsh", "fish"];
/** Of these at least some are there wherever the tests run. */
const EVERYWHERE = ["sh", "bash"];

async function output(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args: [...args],
      env,
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.ok(success && said === "", `${command}: ${said}`);
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

for (const shell of SHELLS) {
  Deno.test(`the export line means the same directory to ${shell}, whatever is in its name`, async () => {
    const steps = HOMES.map((home) => `${exportLine(home)}\nprintf '%s\\n' "$WIRE_HOME"`);
    const shown = await output(shell, ["-c", steps.join("\n")]);
    if (shown === undefined) return assert.ok(!EVERYWHERE.includes(shell), `${shell} is missing`);
    assert.deepEqual(shown.split("\n").slice(0, -1), HOMES);
  });
}

Deno.test("a plain path is written as 0.5.19 writes it", () => {
  assert.equal(exportLine(HOMES[0] ?? ""), `export WIRE_HOME=${HOMES[0]}`);
});

Deno.test('eval "$(wire session env)" activates the session of this directory, also below a name with a quote', async () => {
  await using world = await World.create();
  await using relay = (await world.relay()).process;
  const [, url = ""] = await relay.line("stderr", /use --relay (\S+);/);
  const home = `${world.directory}/it's a $HOME`;
  const project = `${world.directory}/my project`;
  await Deno.mkdir(project);
  const [deno, args] = wireCommand([]);
  const wire = [deno, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const script = `
    cd "$1" && wire() { ${wire} "$@"; }
    wire session new --relay "$2" --no-daemon --json >/dev/null 2>&1 || exit 1
    eval "$(wire session env)" && wire whoami --json && cd / && wire session list --json`;
  const shown = await output("sh", ["-c", script, "sh", project, url], wireEnv({ home }));
  const [who, sessions] = (shown ?? "").trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(who.handle, "my-project");
  assert.equal(who.config_dir, `${home}/sessions/my-project/config/wire`);
  assert.deepEqual(sessions.map(({ cwd }: { cwd: string }) => cwd), [await Deno.realPath(project)]);
});
