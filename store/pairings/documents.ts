/**
 * Where pairings meet: small documents that expire, in memory or shared by several relays. Each
 * change is decided on what is there, in one step. One contract for every adapter:
 * tests/contract/documents_contract_test.ts.
 */
import type { z } from "zod";

export interface Kind<T> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
  /** Whether the ceiling of documents counts it. */
  readonly isCounted: boolean;
}

export interface Write<T> {
  readonly value: T;
  /** It is gone when this has passed without another write. */
  readonly lifeMs: number;
  /** What the ceiling of bytes counts it as. */
  readonly bytes: number;
}

export interface Decision<T, A> {
  readonly answer: A;
  /** Nothing: it stays as it is. */
  readonly write?: Write<T> | "forget";
}

export interface Documents {
  /** Milliseconds on a clock that all who share the documents have. */
  now(): number;
  get<T>(kind: Kind<T>, name: string): Promise<T | undefined>;
  /**
   * @param decide may be asked again when somebody else was quicker
   * @returns `full` if what is written goes beyond a ceiling; nothing is written then
   * @throws {WireError} write_failed, unreadable
   */
  update<T, A>(
    kind: Kind<T>,
    name: string,
    decide: (before: T | undefined) => Decision<T, A>,
  ): Promise<A | "full">;
  /** How many there are of a kind, at most `limit`; may be some seconds old. */
  count(kind: Kind<unknown>, limit: number): Promise<number>;
  /** Calls back soon after the document may have changed. @returns what ends that */
  watch(kind: Kind<unknown>, name: string, onChange: () => void): () => void;
  /** Forgets what has expired. */
  sweep(): void;
}

export interface DocumentLimits {
  /** Counted documents; per process where several share them. */
  readonly maxDocuments: number;
  /** Bytes of all documents, as their writers say; per process too. */
  readonly maxBytes: number;
}
