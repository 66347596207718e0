import { FakeClock } from "../../platform/fake/clock.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { RealClock } from "../../platform/real/clock.ts";
import { RealFiles } from "../../platform/real/files.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { filesContract } from "./files_contract.ts";

filesContract("disk", async () => {
  const root = await Deno.makeTempDir({ prefix: "wire-files-" });
  return {
    files: new RealFiles(new RealClock()),
    root,
    passTime: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
});

for (const wrapped of ["memory", "memory behind faults that do not strike"]) {
  filesContract(wrapped, async () => {
    const clock = new FakeClock();
    const memory = new MemoryFiles({ clock });
    await memory.ensureDirectory("/root");
    return {
      files: wrapped === "memory" ? memory : new FaultFiles(memory),
      root: "/root",
      passTime: () => clock.advance(100),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  });
}
