import assert from "node:assert/strict";
import { WireError } from "../protocol/errors.ts";

/** What the work failed with. A success, or an error of another kind, fails the test. */
export async function failure(work: Promise<unknown>): Promise<WireError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
    return error;
  }
  assert.fail("it did not fail");
}
