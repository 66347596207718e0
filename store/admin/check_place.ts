/** Checking a store that may be too damaged to be opened. */
import { structuralDamage } from "../../platform/sqlite_file.ts";
import { WireError } from "../../protocol/errors.ts";
import { type AdminPlace, type AdminStore, openAdminStore } from "./admin_store.ts";
import { checkStore, type Problem, type StoreCheck } from "./check_store.ts";
import { told } from "./problem.ts";

const NOTHING = { slots: 0, events: 0, grants: 0, handles: 0, invites: 0 };

/** @throws {WireError} not_found, locked, usage; damage is what it answers */
export async function checkPlace(
  place: AdminPlace,
  platform: Parameters<typeof openAdminStore>[1],
): Promise<StoreCheck> {
  let store: AdminStore;
  try {
    store = await openAdminStore(place, platform);
  } catch (error) {
    // A server that is away is not damaged.
    const isDamage = error instanceof WireError && error.code === "unreadable";
    if (!isDamage || place.kv !== undefined) throw error;
    return together({ ...NOTHING, problems: [], problemsFound: 0 }, [told(error)]);
  }
  await using opened = store;
  const check = await checkStore(opened.kv, platform.clock.now());
  const damage: string[] = [];
  opened.closed((file) => void damage.push(...structuralDamage(file)));
  return together(check, damage);
}

function together(check: StoreCheck, damage: readonly string[]): StoreCheck {
  const problems: Problem[] = damage.map((problem) => ({ place: "store", problem }));
  return {
    ...check,
    problems: [...problems, ...check.problems],
    problemsFound: problems.length + check.problemsFound,
  };
}
