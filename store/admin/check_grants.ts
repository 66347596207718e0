/** Whether the grants of one mailbox make sense. */
import type { SlotId } from "../../protocol/ids.ts";
import type { Grant } from "../slots/grant.ts";
import {
  grantCountsKey,
  grantOfKey,
  grantsPrefix,
  readGrantCounts,
  readGrantId,
  readGrantRow,
} from "../slots/kv_grant_rows.ts";
import { told } from "./problem.ts";

export interface GrantCheck {
  readonly grants: number;
  readonly problems: readonly string[];
}

/** @param found by grant: what lies there of the events that came with it */
export async function checkGrants(
  kv: Deno.Kv,
  slot: SlotId,
  found: ReadonlyMap<string, { readonly events: number; readonly bytes: number }>,
): Promise<GrantCheck> {
  const problems: string[] = [];
  const grants = new Map<string, Grant>();
  for await (const { key, value } of kv.list({ prefix: grantsPrefix(slot) })) {
    const name = String(key[2]);
    try {
      const grant = readGrantRow(value);
      if (grant.id !== name) problems.push(`grant ${name} calls itself ${grant.id}`);
      grants.set(name, grant);
    } catch (error) {
      problems.push(`grant ${name} cannot be read: ${told(error)}`);
    }
  }
  problems.push(...await tokenProblems(kv, slot, grants));
  for (const [id, sum] of found) {
    const grant = grants.get(id);
    // The first ones revoked are forgotten at last; their events stay.
    if (grant === undefined) continue;
    if (grant.bytes < sum.bytes || grant.events < sum.events) {
      problems.push(
        `grant ${id} counts ${grant.events} events of ${grant.bytes} bytes, and ` +
          `${sum.events} of ${sum.bytes} are there`,
      );
    }
  }
  const counts = await kv.get(grantCountsKey(slot));
  try {
    const { live, revoked } = readGrantCounts(counts.value);
    const dead = [...grants.values()].filter(({ revokedAt }) => revokedAt !== null).length;
    if (live !== grants.size - dead || revoked !== dead) {
      problems.push(
        `it has ${grants.size - dead} live and ${dead} revoked grants, and counts ${live} and ` +
          `${revoked}`,
      );
    }
  } catch (error) {
    problems.push(`the number of its grants cannot be read: ${told(error)}`);
  }
  return { grants: grants.size, problems };
}

async function tokenProblems(
  kv: Deno.Kv,
  slot: SlotId,
  grants: ReadonlyMap<string, Grant>,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [id, { tokenHash }] of grants) {
    const { value } = await kv.get(grantOfKey(slot, tokenHash));
    if (value !== id) problems.push(`the token of grant ${id} leads nowhere`);
  }
  for await (const { key, value } of kv.list({ prefix: ["grant_of", slot] })) {
    const [, , hash] = key;
    const id = typeof value === "string" ? readGrantId(value) : undefined;
    const grant = id === undefined ? undefined : grants.get(id);
    const isItsOwn = hash instanceof Uint8Array && grant?.tokenHash.toHex() === hash.toHex();
    if (!isItsOwn) problems.push("a token leads to a grant that is not there");
  }
  return problems;
}
