/** How long whole processes take: what a person waits for, and an agent in a loop. */
import { runWire, wireCommand, wireEnv } from "../scripts/wire_process.ts";
import type { Bench, Figure } from "./figure.ts";
import { quantile, timed } from "./measure.ts";

const ROUNDS = 30;

/** Start to exit, as a shell sees it; output goes nowhere. */
async function wire(args: readonly string[], home: string): Promise<void> {
  const [executable, line] = wireCommand(args);
  const { success } = await new Deno.Command(executable, {
    args: line,
    env: wireEnv({ home }),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error(`wire ${args.join(" ")} failed`);
}

async function figure(
  name: string,
  args: readonly string[],
  home: string,
  budget?: Figure["budget"],
): Promise<Figure> {
  const taken = await timed(() => wire(args, home), { rounds: ROUNDS, warmUp: 3 });
  return {
    name,
    value: quantile(taken, 0.5),
    unit: "ms",
    conditions: `whole process, median of ${ROUNDS}, p99 ${quantile(taken, 0.99).toFixed(0)} ms`,
    ...(budget === undefined ? {} : { budget }),
  };
}

export const startupBench: Bench = {
  name: "start-up",
  async run() {
    const home = await Deno.makeTempDir({ prefix: "wire-bench-" });
    try {
      await runWire(["init", "alice"], { home });
      const send = ["send", "bob", "hello", "--again"];
      return [
        await figure("wire --version", ["--version"], home, { max: 45 }),
        await figure("wire whoami", ["whoami"], home),
        await figure("wire send", send, home, { max: 120 }),
      ];
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
};
