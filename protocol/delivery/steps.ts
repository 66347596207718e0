/**
 * What may be said of a message that we sent, in the order of what it proves. Pure.
 * See docs/protocol/extensions.md §5 and docs/delivery.md.
 */

/**
 * `cancelled`: taken back before a relay had it. `rejected`: it got to the peer's program, which did
 * not accept it; whatever comes after in this list proves more than that.
 */
export const DELIVERY_STEPS = [
  "queued",
  "cancelled",
  "stored",
  "fetched",
  "rejected",
  "received",
  "read",
  "answered",
] as const;
export type DeliveryStep = typeof DELIVERY_STEPS[number];

export const isDeliveryStep = (text: unknown): text is DeliveryStep =>
  DELIVERY_STEPS.some((step) => step === text);

export const isFurther = (step: DeliveryStep, than: DeliveryStep): boolean =>
  DELIVERY_STEPS.indexOf(step) > DELIVERY_STEPS.indexOf(than);

/** @returns undefined when there is none */
export function furthestOf(steps: Iterable<DeliveryStep>): DeliveryStep | undefined {
  let furthest: DeliveryStep | undefined;
  for (const step of steps) {
    if (furthest === undefined || isFurther(step, furthest)) furthest = step;
  }
  return furthest;
}
