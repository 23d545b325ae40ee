// The choices that a user has in what counts as consent and in how readings are paired.

/** What counts as a person's consent; see docs/semantics.md. */
export const policies = ["latest", "as-of", "any"] as const;
/** One of `policies`. */
export type Policy = (typeof policies)[number];

/** How step trainer and accelerometer readings are paired. */
export const pairings = ["person", "timestamp"] as const;
/** One of `pairings`. */
export type Pairing = (typeof pairings)[number];

/** Both choices, as a run was asked for them. */
export interface Rules {
  readonly consent: Policy;
  readonly pair: Pairing;
}
