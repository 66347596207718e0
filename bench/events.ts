/** Events of about 600 bytes, as a signed message has: every id hashes, and no body repeats. */
import { createHash } from "node:crypto";

let made = 0;

/** @returns the stored form of an event that nobody has made before */
export function freshEvent(): string {
  made += 1;
  const unsigned = `"body":"message ${made} ${"lorem ipsum dolor sit amet ".repeat(5)}",`;
  const from = '"from":"did:wire:alice-1e5aaa0a","kind":1,';
  const rest = `"schema_version":"v3.1","timestamp":"2026-01-01T00:00:00.${made}Z",` +
    '"to":"did:wire:bob-465c3352","type":"decision"';
  const id = createHash("sha256").update(`{${unsigned}${from}${rest}}`).digest("hex");
  const key = '"public_key_id":"alice:1e5aaa0a",';
  const [schema, others] = [rest.slice(0, 24), rest.slice(24)];
  const signature = `"signature":"${"A".repeat(86)}==",`;
  return `{${unsigned}"event_id":"${id}",${from}${key}${schema}${signature}${others}}`;
}

export const freshEvents = (count: number): string[] => Array.from({ length: count }, freshEvent);
