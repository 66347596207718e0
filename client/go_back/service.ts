/** A service of ours would start our daemon again, at once or at the next login: it is switched off. */
import type { ClientContext } from "../context.ts";
import { ownPlace } from "../upgrade/place.ts";
import { ownService } from "../upgrade/service_of_daemon.ts";

/**
 * Safe to repeat. The unit stays, for `wire service install`; one that 0.5.19 wrote is left alone.
 * @returns what a person should know; undefined without a service of ours
 * @throws {WireError} unreadable, timed_out
 */
export async function switchOffService(context: ClientContext): Promise<string | undefined> {
  const service = await ownService(context, ownPlace(context.home));
  if (service === undefined) return undefined;
  const absence = await service.absence();
  const problem = absence ?? await service.disable();
  return problem === undefined
    ? `the service ${service.unitPath} is switched off; wire service install switches it on again`
    : `the service ${service.unitPath} may start our daemon again (${problem}): wire service uninstall`;
}
