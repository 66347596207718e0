/** How long a relay may take that lies on this machine: it answers at once, or it is gone. */
import type { Clock } from "../../platform/clock.ts";
import { within } from "../../platform/within.ts";
import { WireError } from "../../protocol/errors.ts";
import { isLocal, type Route } from "./routes.ts";

const LOCAL_MS = 3_000;

/**
 * @param work told by its signal to end; where the route is local, also when the time is up
 * @throws the signal's reason; {WireError} timed_out; what the work throws
 */
export async function inTime<T>(
  clock: Clock,
  { route, signal }: { readonly route: Route; readonly signal: AbortSignal },
  work: (until: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!isLocal(route)) return await work(signal);
  return await within(clock, LOCAL_MS, (late) => work(AbortSignal.any([signal, late])));
}

/** Whether nobody answered in that time. */
export const wasTooLate = (route: Route, error: unknown): boolean =>
  isLocal(route) && error instanceof WireError && error.code === "timed_out";
