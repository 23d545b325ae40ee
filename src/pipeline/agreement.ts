// Which zones may stand in one commit. They agree when they were built from the same customer files, under the
// same policy and pairing, by the same version; so a withdrawal never lives on in a zone that was carried over.

import { StediError } from "../errors.js";
import type { Rules } from "../transforms/policy.js";
import { customerLanding } from "../transforms/tables.js";
import { version } from "../version.js";
import type { Commit, CommittedZone } from "./commit-log.js";
import { fingerprint, type Landing } from "./landing.js";
import { downstreamOf, zonesReadBy } from "./selection.js";
import type { Plan, Zone } from "./plan.js";

/** What a zone is held against: the customer files as they are now, and the options asked for. */
export interface Basis {
  readonly customers: Landing;
  readonly rules: Rules;
}

/** Why a committed zone does not agree with a basis; nothing where it does. */
export function disagreement(
  commit: Commit,
  zone: CommittedZone,
  { customers, rules }: Basis,
): string | undefined {
  if (zone.sources[customerLanding.name] !== fingerprint(customers.files))
    return "the customer files have changed";
  if (commit.consent !== rules.consent) return `it was built with --consent ${commit.consent}`;
  if (commit.pair !== rules.pair) return `it was built with --pair ${commit.pair}`;
  if (commit.version !== version) return `it was built by version ${commit.version}`;
  return undefined;
}

/**
 * The committed zones that the selected ones take as their input.
 * @throws StediError `STEDI_INPUT_MISSING` or `STEDI_INPUT_STALE`, saying what to run
 */
export function committedInputs(
  selected: readonly Zone[],
  commit: Commit | undefined,
  basis: Basis,
): ReadonlyMap<Zone, CommittedZone> {
  const inputs = new Map<Zone, CommittedZone>();
  for (const zone of selected) {
    for (const input of zonesReadBy(zone)) {
      if (selected.includes(input)) continue;
      const next = `run \`+${zone.name}\`, which builds everything before it too`;
      const committed = commit?.zones[input.name];
      if (!commit || !committed) {
        throw new StediError("STEDI_INPUT_MISSING", {
          what: `stage ${zone.name} needs the zone ${input.name}, which is not there`,
          where: input.folder,
          next,
        });
      }
      const why = disagreement(commit, committed, basis);
      if (why !== undefined) {
        throw new StediError("STEDI_INPUT_STALE", {
          what: `stage ${zone.name} needs the zone ${input.name}, which does not agree with what was asked for`,
          where: input.folder,
          why,
          next,
        });
      }
      inputs.set(input, committed);
    }
  }
  return inputs;
}

/**
 * The committed zones that go on into the next commit: not built anew, in agreement, and not made from a zone whose rows
 * have changed.
 */
export function carriedOver(
  plan: Plan,
  commit: Commit | undefined,
  built: ReadonlyMap<Zone, CommittedZone>,
  basis: Basis,
): { readonly carried: ReadonlyMap<Zone, CommittedZone>; readonly left: readonly Zone[] } {
  const carried = new Map<Zone, CommittedZone>();
  const left: Zone[] = [];
  const changed = [...built]
    .filter(([zone, now]) => !sameRows(now, commit?.zones[zone.name]))
    .map(([zone]) => zone);
  const outdated = new Set(changed.flatMap((zone) => downstreamOf(plan, zone)));
  for (const zone of plan.zones) {
    const committed = commit?.zones[zone.name];
    if (!commit || !committed || built.has(zone)) continue;
    if (outdated.has(zone) || disagreement(commit, committed, basis) !== undefined) left.push(zone);
    else carried.set(zone, committed);
  }
  return { carried, left };
}

function sameRows(now: CommittedZone, before: CommittedZone | undefined): boolean {
  const sums = (zone: CommittedZone): string => zone.files.map((file) => file.sha256).join(" ");
  return before !== undefined && sums(now) === sums(before);
}
