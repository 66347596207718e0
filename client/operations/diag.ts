/** The diagnostic trace: on, off, how it is, and its last entries. See docs/protocol/cli.md §7.7. */
import { z } from "zod";
import { TraceEntry } from "../../store/diag/entry.ts";
import { Trace } from "../../store/diag/trace.ts";
import type { ClientContext } from "../context.ts";
import type { Operation, StreamOperation } from "../operation.ts";

const NoInput = z.object({});

const DiagStatus = z.object({
  /** Whether it is on, by `diag.enabled` or by WIRE_DIAG of this process. */
  enabled: z.boolean(),
  log_path: z.string(),
  log_size_bytes: z.int(),
});

const DiagTailInput = z.object({ limit: z.int().min(1).max(100_000).default(20) });

/** @throws {WireError} unreadable */
export const diagStatus = {
  input: NoInput,
  output: DiagStatus,
  run: (context) => statusOf(traceOf(context)),
} satisfies Operation<typeof NoInput, typeof DiagStatus>;

/** The same again is the same. @throws {WireError} write_failed */
export const diagEnable = {
  input: NoInput,
  output: DiagStatus,
  async run(context) {
    const trace = traceOf(context);
    await trace.enable();
    return await statusOf(trace);
  },
} satisfies Operation<typeof NoInput, typeof DiagStatus>;

/** Takes away the knob; WIRE_DIAG of a process that runs is not ours to take. @throws {WireError} write_failed */
export const diagDisable = {
  input: NoInput,
  output: DiagStatus,
  async run(context) {
    const trace = traceOf(context);
    await trace.disable();
    return await statusOf(trace);
  },
} satisfies Operation<typeof NoInput, typeof DiagStatus>;

/** Oldest first. @throws {WireError} unreadable */
export const diagTail = {
  input: DiagTailInput,
  output: TraceEntry,
  async *stream(context, { limit }) {
    const entries = await traceOf(context).last(limit);
    if (entries.length === 0) context.warn("no entries; wire diag enable begins a trace");
    yield* entries;
  },
} satisfies StreamOperation<typeof DiagTailInput, typeof TraceEntry>;

const traceOf = ({ platform, home }: ClientContext): Trace =>
  new Trace(platform, home.paths.stateRoot);

async function statusOf(trace: Trace): Promise<z.output<typeof DiagStatus>> {
  return {
    enabled: await trace.isEnabled(),
    log_path: trace.path,
    log_size_bytes: await trace.sizeBytes(),
  };
}
