/**
 * The man in the middle of docs/protocol/pairing.md §6.3: he knows the code, carries all messages,
 * and tries scalars toward both victims until the digits on both screens are the same. One attacker
 * for both forms of pairing; a form only says how digits follow from a message of his.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { passwordScalar } from "../../protocol/pairing/spake2.ts";
import { bytesFor } from "./adversary.ts";

const S = ed25519.Point.fromHex("6f00dae87c1be1a73b5922ef431cd8f57879569c222d22b1cd71e8546ab8e6f1");

export interface Code {
  readonly password: Uint8Array;
  readonly identity: Uint8Array;
}

/** One message of his toward a victim, and the key that the victim then has. */
export interface Try {
  /** 33 bytes. */
  readonly message: Uint8Array;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/**
 * Scalars x, x+1, …: each costs two additions. The messages do not depend on what was shown, only the
 * keys do.
 * @param shown the victim's message
 * @param first names the first scalar
 */
export function* tries(
  { password, identity }: Code,
  shown: Uint8Array,
  first: string = "searching",
): Generator<Try, never> {
  const blind = S.multiply(passwordScalar(password));
  const theirs = shown.slice(1);
  const unblinded = ed25519.Point.fromBytes(theirs).subtract(blind);
  const x = BigInt(`0x${bytesFor(`his scalar ${first}`, 31).toHex()}`);
  let own = ed25519.Point.BASE.multiply(x).add(blind);
  let shared = unblinded.multiply(x);
  while (true) {
    const ours = own.toBytes();
    const [lo, hi] = ours.toHex() < theirs.toHex() ? [ours, theirs] : [theirs, ours];
    const key = sha256(
      concatBytes(sha256(password), sha256(identity), lo, hi, shared.toBytes()),
    );
    yield { message: concatBytes(Uint8Array.of(0x53), ours), key };
    own = own.add(ed25519.Point.BASE);
    shared = shared.add(unblinded);
  }
}

export interface Twins {
  readonly towardHost: Try;
  readonly towardGuest: Try;
  readonly digits: string;
  /** Toward each victim. */
  readonly attempts: number;
}

/**
 * One message for each victim, so that both show the same digits: about 1,000 attempts a side.
 * @throws {RangeError} after `most` attempts
 */
export function findTwins(
  host: { readonly tries: Iterator<Try>; digits(attempt: Try): string },
  guest: { readonly tries: Iterator<Try>; digits(attempt: Try): string },
  most: number = Infinity,
): Twins {
  const hosts = new Map<string, Try>();
  const guests = new Map<string, Try>();
  for (let attempts = 1; attempts <= most; attempts++) {
    const toHost: Try = host.tries.next().value;
    const toGuest: Try = guest.tries.next().value;
    const hostDigits = host.digits(toHost);
    const guestDigits = guest.digits(toGuest);
    hosts.set(hostDigits, toHost);
    guests.set(guestDigits, toGuest);
    for (const digits of [hostDigits, guestDigits]) {
      const towardHost = hosts.get(digits);
      const towardGuest = guests.get(digits);
      if (towardHost !== undefined && towardGuest !== undefined) {
        return { towardHost, towardGuest, digits, attempts };
      }
    }
  }
  throw new RangeError(`expected the same digits within ${most} attempts`);
}
