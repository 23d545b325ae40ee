// The choices that a user has; commands and docs name them as they stand here.

import { expect, it } from "vitest";
import { pairings, policies } from "../../src/transforms/policy.js";

it("consent goes by one of three policies", () => expect(policies).toEqual(["latest", "as-of", "any"]));

it("readings are paired by person or by time alone", () => expect(pairings).toEqual(["person", "timestamp"]));
